// Understudy in After Effects: Window > Understudy.jsx. The scripts lie in the folder that was installed.
(function (root) {
    var SCRIPTS = "@UNDERSTUDY_FOLDER@" + "/understudy_bridge/hosts/after_effects/script/";
    var NAMES = [
        "json", "times", "identity", "transform", "layers", "project", "host", "steps", "http", "daemon", "flow", "panel"
    ];
    var at, us, window;
    for (at = 0; at < NAMES.length; at += 1) { $.evalFile(new File(SCRIPTS + NAMES[at] + ".jsx")); }
    us = $.global.understudy;
    if (us.timer) { app.cancelTask(us.timer); } // of a panel that was open before
    if (us.shown) { us.shown.daemon.stop(); }
    window = root instanceof Panel ? root : new Window("palette", "Understudy", undefined, {resizeable: true});
    us.shown = new us.Panel(window, new us.Daemon(us.stateFolder()), new us.Host());
    us.timer = us.startTimer();
    window.layout.layout(true);
    if (window instanceof Window) {
        window.onClose = function () {
            app.cancelTask(us.timer);
            us.shown.daemon.stop();
            us.shown = null;
        };
        window.show();
    }
}(this));
