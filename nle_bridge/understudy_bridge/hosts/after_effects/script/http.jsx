// A small HTTP client over ExtendScript's Socket, which waits for nobody: a request is written at once, and every
// `look` takes what has come meanwhile. ExtendScript has one thread, the editor's own.
(function (us) {
    var MOST_ANSWER = 16 * 1024 * 1024;
    var PIECE = 65536;
    var QUIET_LOOKS = 20;

    us.trouble = function (kind, message) {
        var error = new Error(message);
        error.kind = kind;
        error.isTrouble = true;
        return error;
    };

    function down(address, what) {
        return us.trouble("DaemonDown", "the Understudy daemon at " + address + " " + what +
            "; start it with: understudy bridge serve");
    }

    /** One request under way. `body` is ASCII text, null for none. Raises: trouble DaemonDown. */
    us.Exchange = function (door, method, path, body, silentMs) {
        var lines = [
            method + " " + path + " HTTP/1.0", "Host: " + door.address, "Authorization: Bearer " + door.token,
            "Accept: application/json", "Connection: close"
        ];
        if (body !== null) { lines.push("Content-Type: application/json", "Content-Length: " + body.length); }
        this.address = door.address;
        this.silentMs = silentMs;
        this.heard = new Date().getTime();
        this.parts = [];
        this.length = 0;
        this.quiet = 0;
        this.socket = new Socket();
        this.socket.timeout = 1; // seconds, the shortest: the longest that a single call can hold the editor up
        if (!this.socket.open(door.address, "BINARY")) { throw down(door.address, "does not answer"); }
        this.socket.write(lines.join("\r\n") + "\r\n\r\n" + (body === null ? "" : body));
    };

    /** {status, body} when the whole answer is there, else null. Raises: trouble. */
    us.Exchange.prototype.look = function () {
        // Asked once, before reading: a line that ends right after still has its last piece to be read.
        var connected = this.socket.connected, piece = this.piece(connected), answer;
        if (piece) {
            this.parts.push(piece);
            this.length += piece.length;
            this.heard = new Date().getTime();
            this.quiet = 0;
            if (this.length > MOST_ANSWER) { this.fail("answered with more than 16 MiB"); }
        }
        if (piece || !connected) {
            answer = parsed(this.parts.join(""), !connected && !piece);
            if (answer) {
                this.close();
                return answer;
            }
        }
        if (!piece && !connected) { this.fail("hung up before its answer was whole"); }
        if (new Date().getTime() - this.heard > this.silentMs) { this.fail("does not answer"); }
        return null;
    };

    /** What has come, "" for nothing. Where `eof` does not know of new data, it is asked for it now and then. */
    us.Exchange.prototype.piece = function (connected) {
        if (!this.socket.eof || !connected) { return this.socket.read(PIECE) || ""; }
        this.quiet += 1;
        if (this.quiet % QUIET_LOOKS !== 0) { return ""; }
        return this.socket.read(1) || "";
    };

    us.Exchange.prototype.fail = function (what) {
        this.close();
        throw down(this.address, what);
    };

    us.Exchange.prototype.close = function () {
        this.socket.close();
    };

    function parsed(text, ended) {
        var head = text.indexOf("\r\n\r\n"), cut = 4, lines, status, length, body;
        if (head < 0) { // signs of CR may be left out
            head = text.indexOf("\n\n");
            cut = 2;
        }
        if (head < 0) { return null; }
        lines = text.substring(0, head);
        status = /^HTTP\/1\.[01] ([0-9]{3})/.exec(lines);
        if (!status) { throw us.trouble("BadAnswer", "what answers there is not the Understudy daemon"); }
        length = /\ncontent-length:[ \t]*([0-9]+)/i.exec(lines);
        body = text.substring(head + cut);
        if (length ? body.length < Number(length[1]) : !ended) { return null; }
        return {status: Number(status[1]), body: length ? body.substring(0, Number(length[1])) : body};
    }
}($.global.understudy || ($.global.understudy = {})));
