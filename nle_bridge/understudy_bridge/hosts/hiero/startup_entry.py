import sys

sys.path.insert(0, "@UNDERSTUDY_FOLDER@")
from understudy_bridge.hosts.hiero.menu import add_menu

add_menu()
