// The daemon's requests, one after the other. `tick` belongs to the editor's timer; it never waits.
(function (us) {
    var CALL_MS = 10000;
    var LONG_CALL_MS = 60000;
    var MOST_WAITING = 200;
    var START = "start it with: understudy bridge serve";

    us.stateFolder = function () {
        var named = $.getenv("UNDERSTUDY_STATE"), data;
        if (named) { return named; }
        if ($.os.indexOf("Windows") >= 0) {
            data = $.getenv("LOCALAPPDATA");
            return (data || Folder("~").fsName + "/AppData/Local") + "/understudy";
        }
        data = $.getenv("XDG_STATE_HOME");
        return (data || Folder("~").fsName + "/.local/state") + "/understudy";
    };

    /** {address, token} of bridge.json. Raises: trouble DaemonDown. */
    us.door = function (folder) {
        var file = new File(folder + "/bridge.json"), told = null;
        file.encoding = "UTF-8";
        if (!file.exists || !file.open("r")) {
            throw us.trouble("DaemonDown", "the Understudy daemon is not running; " + START);
        }
        try {
            told = us.jsonValue(file.read());
        } catch (cause) {
            told = null;
        } finally {
            file.close();
        }
        if (!told || !/^(127\.0\.0\.1|localhost):[0-9]{1,5}$/.test(told.address) || !/^[\x21-\x7e]+$/.test(told.token)) {
            throw us.trouble("DaemonDown", "bridge.json is damaged; " + START + ", which writes it again");
        }
        return {address: told.address, token: told.token};
    };

    us.Daemon = function (folder) {
        this.folder = folder;
        this.waiting = []; // {method, path, body, silentMs, done}
        this.current = null;
        this.exchange = null;
    };

    /** Ask; `done(trouble, answer)` is called by a later `tick`, the answer a table, or bytes of a picture. */
    us.Daemon.prototype.ask = function (method, path, asked, done, isPicture) {
        if (this.waiting.length >= MOST_WAITING) {
            done(us.trouble("TooManyCalls", "too many requests wait for the daemon already"), null);
            return;
        }
        this.waiting.push({
            method: method,
            path: path,
            body: asked === null ? null : us.jsonText(asked),
            silentMs: method === "GET" && !isPicture ? CALL_MS : LONG_CALL_MS,
            done: done,
            isPicture: isPicture === true
        });
    };

    /** Whether nothing is asked at the moment. */
    us.Daemon.prototype.isIdle = function () {
        return this.current === null && this.waiting.length === 0;
    };

    us.Daemon.prototype.tick = function () {
        var answer, call;
        try {
            if (this.current === null) {
                if (this.waiting.length === 0) { return; }
                this.current = this.waiting.shift();
                this.exchange = new us.Exchange(
                    us.door(this.folder), this.current.method, this.current.path, this.current.body,
                    this.current.silentMs
                );
                return;
            }
            answer = this.exchange.look();
            if (answer === null) { return; }
            call = this.current;
            answer = call.isPicture && answer.status === 200 ? answer.body : table(answer);
        } catch (cause) {
            if (!cause.isTrouble) { throw cause; }
            this.finish(cause, null);
            return;
        }
        this.finish(null, answer);
    };

    us.Daemon.prototype.finish = function (trouble, answer) {
        var done = this.current.done;
        this.current = null;
        this.exchange = null;
        done(trouble, answer);
    };

    us.Daemon.prototype.stop = function () {
        if (this.exchange) { this.exchange.close(); }
        this.waiting = [];
        this.current = null;
        this.exchange = null;
    };

    /** The answer's table. Raises: trouble, which is the daemon's own refusal as well. */
    function table(answer) {
        var value, error;
        try {
            value = us.jsonValue(us.utf8Text(answer.body));
        } catch (cause) {
            throw us.trouble("BadAnswer", "the daemon's answer cannot be read: " + cause.message);
        }
        if (value === null || typeof value !== "object" || value instanceof Array) {
            throw us.trouble("BadAnswer", "the daemon's answer is no JSON object");
        }
        if (answer.status === 200) { return value; }
        error = value.error || {};
        throw us.trouble(
            answer.status === 401 ? "WrongToken" : String(error.kind || "BadAnswer"),
            String(error.message || "the daemon answered with status " + answer.status) +
                (answer.status === 401 ? "; restart the daemon" : "")
        );
    }

    us.Daemon.prototype.sending = function (id, verb, asked, done) {
        this.ask("POST", "/v1/sendings/" + encodeURIComponent(id) + "/" + verb, asked, done);
    };
}($.global.understudy || ($.global.understudy = {})));
