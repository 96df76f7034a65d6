// The project: its id, kept in its XMP, and the footage items of takes.
(function (us) {
    var NAMESPACE = "http://understudy/ns/bridge/1.0/";
    var FOLDER = "Understudy";
    var known = {file: null, id: ""}; // reading the XMP takes time in old projects, and the panel asks often

    function xmp() {
        if (ExternalObject.AdobeXMPScript === undefined) {
            ExternalObject.AdobeXMPScript = new ExternalObject("lib:AdobeXMPScript");
        }
        XMPMeta.registerNamespace(NAMESPACE, "understudy");
        return new XMPMeta(app.project.xmpPacket);
    }

    us.randomText = function (signs) {
        var text = "";
        while (text.length < signs) { text += Math.floor(Math.random() * 16).toString(16); }
        return text;
    };

    /** The project's id: the one it has, else one that the first mark will write. */
    us.projectId = function () {
        var file = app.project.file ? app.project.file.fsName : "", packet;
        if (known.file !== file) {
            packet = xmp();
            known = {
                file: file,
                id: packet.doesPropertyExist(NAMESPACE, "project")
                    ? String(packet.getProperty(NAMESPACE, "project")) : us.randomText(32)
            };
        }
        return known.id;
    };

    us.keepProjectId = function () {
        var id = us.projectId(), packet = xmp();
        if (!packet.doesPropertyExist(NAMESPACE, "project")) {
            packet.setProperty(NAMESPACE, "project", id);
            app.project.xmpPacket = packet.serialize();
        }
    };

    function itemWith(path) {
        var at, item;
        for (at = 1; at <= app.project.numItems; at += 1) {
            item = app.project.item(at);
            if (item instanceof FootageItem && item.mainSource instanceof FileSource && item.file &&
                    !item.footageMissing && us.fileOf(item).path === path) {
                return item;
            }
        }
        return null;
    }

    function ourFolder() {
        var at, item;
        for (at = 1; at <= app.project.numItems; at += 1) {
            item = app.project.item(at);
            if (item instanceof FolderItem && item.name === FOLDER) { return item; }
        }
        return app.project.items.addFolder(FOLDER);
    }

    /** A footage item of a file: the project's own, else imported. Raises: HostRefused. */
    us.footage = function (media) {
        var item = itemWith(media.path), hashes = /#+/.exec(media.path), path = media.path, number, options;
        if (hashes) {
            number = ("0000000000" + (media.start || 0)).slice(-hashes[0].length);
            path = path.replace(hashes[0], number);
        }
        if (!new File(path).exists) {
            throw us.refused("MediaMissing", path + " is not there; bring it back");
        }
        if (!item) {
            options = new ImportOptions(new File(path));
            options.sequence = hashes !== null;
            item = app.project.importFile(options);
            item.parentFolder = ourFolder();
        }
        if (hashes && !us.sameRate(us.rateText(item.frameRate), media.rate)) {
            // picture files know no rate: After Effects takes the one of its preferences
            item.mainSource.conformFrameRate = us.rateNumber(media.rate);
        }
        if (!us.sameRate(us.rateText(item.frameRate), media.rate)) {
            throw us.refused("Unsupported", media.path + " plays at " + item.frameRate + " frames a second here");
        }
        return item;
    };
}($.global.understudy || ($.global.understudy = {})));
