// JSON for ExtendScript, which has none: strict, without eval, all in ASCII on the way out.
(function (us) {
    var DEEPEST = 100;
    var SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"};
    var MEANT = {'"': '"', "\\": "\\", "/": "/", n: "\n", r: "\r", t: "\t", b: "\b", f: "\f"};
    var NUMBER = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/;

    function quoted(text) {
        return '"' + text.replace(/["\\\x00-\x1f\x7f-\uffff]/g, function (sign) {
            return SHORT.hasOwnProperty(sign) ? SHORT[sign] : "\\u" + ("0000" + sign.charCodeAt(0).toString(16)).slice(-4);
        }) + '"';
    }

    /** The text of a value: null, booleans, numbers, texts, arrays and plain objects. Raises: Error. */
    us.jsonText = function (value) {
        var parts = [], key, at;
        if (value === null || value === undefined) { return "null"; }
        if (typeof value === "boolean") { return value ? "true" : "false"; }
        if (typeof value === "string") { return quoted(value); }
        if (typeof value === "number") {
            if (!isFinite(value)) { throw new Error("JSON has no " + value); }
            return String(value);
        }
        if (value instanceof Array) {
            for (at = 0; at < value.length; at += 1) { parts.push(us.jsonText(value[at])); }
            return "[" + parts.join(",") + "]";
        }
        if (typeof value !== "object") { throw new Error("JSON has no " + typeof value); }
        for (key in value) {
            if (value.hasOwnProperty(key)) { parts.push(quoted(key) + ":" + us.jsonText(value[key])); }
        }
        return "{" + parts.join(",") + "}";
    };

    function Reader(text) {
        this.text = text;
        this.at = 0;
    }

    Reader.prototype.fail = function (what) {
        throw new Error("not JSON at sign " + this.at + ": " + what);
    };

    Reader.prototype.space = function () {
        var code = this.text.charCodeAt(this.at);
        while (code === 32 || code === 10 || code === 13 || code === 9) {
            this.at += 1;
            code = this.text.charCodeAt(this.at);
        }
    };

    Reader.prototype.take = function (sign) {
        this.space();
        if (this.text.charAt(this.at) !== sign) { return false; }
        this.at += 1;
        return true;
    };

    Reader.prototype.value = function (deep) {
        var sign, word;
        if (deep > DEEPEST) { this.fail("too deep"); }
        this.space();
        sign = this.text.charAt(this.at);
        if (sign === "{") { return this.object(deep); }
        if (sign === "[") { return this.array(deep); }
        if (sign === '"') { return this.string(); }
        word = this.text.substr(this.at, 4);
        if (word === "true") { this.at += 4; return true; }
        if (word === "null") { this.at += 4; return null; }
        if (this.text.substr(this.at, 5) === "false") { this.at += 5; return false; }
        return this.number();
    };

    Reader.prototype.number = function () {
        var found = NUMBER.exec(this.text.substr(this.at, 400));
        if (!found) { this.fail("a value belongs here"); }
        this.at += found[0].length;
        return Number(found[0]);
    };

    Reader.prototype.string = function () {
        var made = "", from, code;
        this.at += 1;
        from = this.at;
        while (true) {
            code = this.text.charCodeAt(this.at);
            if (code === 34) { break; }
            if (isNaN(code) || code < 32) { this.fail("a text does not end"); }
            if (code === 92) {
                made += this.text.substring(from, this.at) + this.escaped();
                from = this.at;
            } else {
                this.at += 1;
            }
        }
        made += this.text.substring(from, this.at);
        this.at += 1;
        return made;
    };

    Reader.prototype.escaped = function () {
        var sign = this.text.charAt(this.at + 1), hex;
        this.at += 2;
        if (sign === "u") {
            hex = this.text.substr(this.at, 4);
            if (!/^[0-9a-fA-F]{4}$/.test(hex)) { this.fail("\\u needs four digits"); }
            this.at += 4;
            return String.fromCharCode(parseInt(hex, 16));
        }
        if (sign === "" || !MEANT.hasOwnProperty(sign)) { this.fail("an unknown \\" + sign); }
        return MEANT[sign];
    };

    Reader.prototype.array = function (deep) {
        var made = [];
        this.at += 1;
        if (this.take("]")) { return made; }
        do { made.push(this.value(deep + 1)); } while (this.take(","));
        if (!this.take("]")) { this.fail("a list does not end"); }
        return made;
    };

    Reader.prototype.object = function (deep) {
        var made = {}, key;
        this.at += 1;
        if (this.take("}")) { return made; }
        do {
            this.space();
            if (this.text.charAt(this.at) !== '"') { this.fail("a key belongs here"); }
            key = this.string();
            if (key === "__proto__") { this.fail("an unfit key"); }
            if (!this.take(":")) { this.fail("a colon belongs here"); }
            made[key] = this.value(deep + 1);
        } while (this.take(","));
        if (!this.take("}")) { this.fail("an object does not end"); }
        return made;
    };

    /** What a JSON text says. Raises: Error. */
    us.jsonValue = function (text) {
        var reader = new Reader(text), value = reader.value(0);
        reader.space();
        if (reader.at !== text.length) { reader.fail("more follows"); }
        return value;
    };

    /** Bytes, a sign each, as UTF-8 text. Raises: Error. */
    us.utf8Text = function (bytes) {
        try {
            return decodeURIComponent(escape(bytes));
        } catch (cause) {
            throw new Error("the text is not UTF-8");
        }
    };
}($.global.understudy || ($.global.understudy = {})));
