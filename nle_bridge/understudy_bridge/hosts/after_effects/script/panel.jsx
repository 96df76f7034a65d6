// The ScriptUI panel: a list of sendings, buttons, and a timer that lets the daemon's answers in.
(function (us) {
    var TICK_MS = 100;
    var POLL_TICKS = 20;
    var AWAY_TICKS = 50;

    /** What the panel knows; `window` is ScriptUI's. */
    us.Panel = function (window, daemon, host) {
        this.daemon = daemon;
        this.host = host;
        this.window = window;
        this.sendings = [];
        this.presets = [];
        this.project = "";
        this.revision = 0;
        this.ticks = 0;
        this.pause = 0;
        this.busy = false;
        this.met = false;
        this.build();
    };

    us.Panel.prototype.build = function () {
        var panel = this, row;
        this.window.orientation = "column";
        this.window.alignChildren = ["fill", "top"];
        this.connection = this.window.add("statictext", undefined, "looking for the daemon", {multiline: true});
        row = this.window.add("group");
        this.preset = row.add("dropdownlist", undefined, []);
        this.addButton(row, "Send selected", function () { panel.send(); });
        this.list = this.window.add("listbox", undefined, [], {
            numberOfColumns: 3, showHeaders: true, columnTitles: ["Shot", "State", "Versions"]
        });
        this.list.preferredSize = [320, 180];
        row = this.window.add("group");
        this.version = row.add("dropdownlist", undefined, []);
        this.addButton(row, "Place", function () { panel.placeChosen(); });
        this.addButton(row, "Remove", function () { panel.place({remove: true}); });
        row = this.window.add("group");
        this.addButton(row, "Render again", function () { panel.act("render", {}); });
        this.addButton(row, "Try again", function () { panel.act("retry", {}); });
        this.addButton(row, "Cancel", function () { panel.act("cancel", {}); });
        row = this.window.add("group");
        this.addButton(row, "Review room", function () { panel.room(); });
        this.addButton(row, "Go to", function () { panel.goTo(); });
        this.message = this.window.add("statictext", undefined, "", {multiline: true});
        this.message.preferredSize = [320, 80];
        this.list.onChange = function () { panel.showVersions(); };
    };

    us.Panel.prototype.addButton = function (row, text, press) {
        row.add("button", undefined, text).onClick = press;
    };

    /** Called by the editor's timer. One step of what is under way, or a look for news. */
    us.Panel.prototype.tick = function () {
        this.ticks += 1;
        this.daemon.tick();
        if (!this.daemon.isIdle() || this.busy) { return; }
        if (this.pause > 0) {
            this.pause -= 1;
            return;
        }
        this.pause = POLL_TICKS;
        if (this.met) { this.poll(); } else { this.meet(); }
    };

    us.Panel.prototype.trouble = function (trouble) {
        this.met = false;
        this.pause = AWAY_TICKS;
        this.connection.text = trouble.message;
    };

    us.Panel.prototype.meet = function () {
        var panel = this;
        this.daemon.ask("GET", "/v1/hello", null, function (trouble, hello) {
            var backend = hello ? hello.backend : null;
            if (trouble) { panel.trouble(trouble); return; }
            if (backend.state !== "up") {
                panel.trouble(us.trouble("ServerUnreachable", "backend is " + backend.state + ": " + backend.message));
                return;
            }
            panel.met = true;
            panel.connection.text = "connected: " + (backend.production ? backend.production.name : "no production");
            panel.daemon.ask("GET", "/v1/presets", null, function (failure, answer) {
                if (failure) { panel.trouble(failure); return; }
                panel.showPresets(answer.presets);
            });
            panel.daemon.ask("GET", "/v1/people", null, function (failure, answer) {
                if (!failure) { panel.showPeople(answer.people); }
            });
        });
    };

    /** Those whose consent needs a look. */
    us.Panel.prototype.showPeople = function (people) {
        var at, person;
        for (at = 0; at < people.length; at += 1) {
            person = people[at];
            if (person.state !== "agreed") {
                this.connection.text += "\n" + person.name + ": " + (person.message || person.state);
            }
        }
    };

    us.Panel.prototype.showPresets = function (presets) {
        var at, item;
        this.presets = presets;
        this.preset.removeAll();
        for (at = 0; at < presets.length; at += 1) {
            item = this.preset.add("item", presets[at].name + (presets[at].ready ? "" : " (" + presets[at].message + ")"));
            if (presets[at].ready && this.preset.selection === null) { this.preset.selection = item; }
        }
    };

    us.Panel.prototype.poll = function () {
        var panel = this, project = us.projectId();
        if (project !== this.project) { // another project was opened: what finished meanwhile is offered
            this.project = project;
            this.revision = 0;
            this.sendings = [];
        }
        this.daemon.ask("GET", "/v1/sendings?project=" + encodeURIComponent(project) + "&after=" + this.revision + "&wait=0",
            null, function (trouble, news) {
                if (trouble) { panel.trouble(trouble); return; }
                panel.revision = news.revision;
                if (news.sendings.length > 0) { panel.take(news.sendings); }
            });
    };

    us.Panel.prototype.take = function (changed) {
        var at, each, known;
        for (at = 0; at < changed.length; at += 1) {
            known = false;
            for (each = 0; each < this.sendings.length; each += 1) {
                if (this.sendings[each].id === changed[at].id) {
                    this.sendings[each] = changed[at];
                    known = true;
                }
            }
            if (!known) { this.sendings.push(changed[at]); }
        }
        this.showSendings();
    };

    us.Panel.prototype.showSendings = function () {
        var at, item, chosen = this.chosen(), sending;
        this.list.removeAll();
        for (at = 0; at < this.sendings.length; at += 1) {
            sending = this.sendings[at];
            item = this.list.add("item", sending.name);
            item.subItems[0].text = us.stateWords(sending);
            item.subItems[1].text = us.versionWords(sending);
            if (chosen && chosen.id === sending.id) { this.list.selection = item; }
        }
        this.showVersions();
    };

    us.Panel.prototype.chosen = function () {
        return this.list.selection ? this.sendings[this.list.selection.index] || null : null;
    };

    us.Panel.prototype.showVersions = function () {
        var sending = this.chosen(), at;
        this.version.removeAll();
        this.offered = [];
        for (at = 0; sending && at < sending.versions.length; at += 1) {
            if (sending.versions[at].state !== "rendering") {
                this.offered.push(sending.versions[at]);
                this.version.add("item", us.versionName(sending.versions[at].version));
            }
        }
        if (this.offered.length > 0) { this.version.selection = this.offered.length - 1; }
        if (sending && sending.error) { this.message.text = sending.error.message; }
    };

    us.versionName = function (version) {
        return "v" + ("000" + version).slice(-Math.max(3, String(version).length));
    };

    us.versionWords = function (sending) {
        var made = [], at, each, lies;
        for (at = 0; at < sending.versions.length; at += 1) {
            lies = false;
            for (each = 0; each < sending.placed.length; each += 1) {
                lies = lies || sending.placed[each].version === sending.versions[at].version;
            }
            made.push(us.versionName(sending.versions[at].version) + (lies ? " lies there" : ""));
        }
        return made.join(", ");
    };

    us.stateWords = function (sending) {
        var progress = sending.progress;
        if (sending.state !== "running") { return sending.state; }
        if (!progress || !progress.total) { return sending.stage; }
        return sending.stage + ", " + progress.done + " of " + progress.total +
            (progress.left_s === null || progress.left_s === undefined ? "" : ", " + Math.ceil(progress.left_s) + " s left");
    };

    /** Start what a button asks for; one at a time. */
    us.Panel.prototype.doing = function (start) {
        var panel = this;
        if (this.busy) { return; }
        this.busy = true;
        this.message.text = "";
        start(function (error, text) {
            panel.busy = false;
            panel.pause = 0;
            panel.message.text = error ? error.message : text;
        });
    };

    us.Panel.prototype.send = function () {
        var panel = this, chosen = this.preset.selection ? this.presets[this.preset.selection.index] : null;
        if (chosen === null) {
            this.message.text = "no preset is chosen";
            return;
        }
        this.doing(function (done) { us.submit(panel.daemon, panel.host, chosen.name, done); });
    };

    us.Panel.prototype.placeChosen = function () {
        var version = this.version.selection ? this.offered[this.version.selection.index] : null;
        if (version === null) {
            this.message.text = "choose a shot and a version";
        } else if (version.state === "rendered") {
            this.act("fetch", {version: version.version});
        } else {
            this.place({version: version.version});
        }
    };

    us.Panel.prototype.place = function (wish) {
        var panel = this, sending = this.chosen();
        if (sending) { this.doing(function (done) { us.place(panel.daemon, panel.host, sending.id, wish, done); }); }
    };

    us.Panel.prototype.act = function (verb, asked) {
        var panel = this, sending = this.chosen();
        if (!sending) { return; }
        this.doing(function (done) {
            panel.daemon.sending(sending.id, verb, asked, function (trouble) { done(trouble, ""); });
        });
    };

    us.Panel.prototype.room = function () {
        var panel = this, sending = this.chosen();
        if (!sending) { return; }
        this.doing(function (done) {
            us.guarded("", function () {
                var source = panel.host.sourceFrame(sending.shot.clip_uid);
                panel.daemon.sending(sending.id, "room", source === null ? {} : {source: source}, function (trouble, answer) {
                    us.guarded("", function () {
                        if (trouble) { throw trouble; }
                        us.openPage(answer.url);
                        done(null, "");
                    }, function (refusal) { done(refusal, ""); });
                });
            }, function (refusal) { done(refusal, ""); });
        });
    };

    us.Panel.prototype.goTo = function () {
        var sending = this.chosen(), host = this.host;
        if (!sending) { return; }
        this.doing(function (done) {
            us.guarded("", function () {
                host.seek(sending.placed.length > 0 ? sending.placed[0].record_in : sending.shot.record_in || 0);
                done(null, "");
            }, function (refusal) { done(refusal, ""); });
        });
    };

    /** Open a page in the browser; the address is the daemon's, and nothing else may be in it. */
    us.openPage = function (url) {
        if (!/^https?:\/\/[A-Za-z0-9.\-\[\]:]+\/[A-Za-z0-9\/?#=&._~%+:\-]*$/.test(url)) {
            throw us.refused("BadAnswer", "the daemon's answer is no address of a page");
        }
        system.callSystem($.os.indexOf("Windows") >= 0 ? 'rundll32 url.dll,FileProtocolHandler "' + url + '"' : "open '" + url + "'");
    };

    us.startTimer = function () {
        return app.scheduleTask("$.global.understudy.onTimer()", TICK_MS, true);
    };

    us.onTimer = function () {
        if (!us.shown) { return; }
        try {
            us.shown.tick();
        } catch (cause) { // else After Effects would show a dialog ten times a second
            us.shown.busy = false;
            us.shown.message.text = us.broken(cause).message;
        }
    };
}($.global.understudy || ($.global.understudy = {})));
