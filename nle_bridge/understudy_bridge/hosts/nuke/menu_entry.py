import sys

if sys.version_info >= (3, 9):  # noqa: UP036 (Nuke 13 has an older one)
    sys.path.insert(0, "@UNDERSTUDY_FOLDER@")
    from understudy_bridge.hosts.nuke.menu import add_menu as understudy_menu

    understudy_menu()
