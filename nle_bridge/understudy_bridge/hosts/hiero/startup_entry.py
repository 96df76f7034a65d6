import sys

if sys.version_info >= (3, 9):  # noqa: UP036 (Hiero 13 has an older one)
    sys.path.insert(0, "@UNDERSTUDY_FOLDER@")
    from understudy_bridge.hosts.hiero.menu import add_menu

    add_menu()
