// A comp's layers as the tracks of docs/bridge.md: each layer with a picture is a track of its own, numbered from the
// bottom; After Effects numbers layers from the top. Cameras, lights, nulls and sound have no track.
(function (us) {
    var SEQUENCES = /^(.*?)([0-9]+)(\.(exr|dpx|png|tif|tiff|jpg|jpeg|tga|cin))$/i;

    us.isPicture = function (layer) {
        return layer.hasVideo === true && layer.nullLayer !== true;
    };

    /** The picture layers from the bottom up. */
    us.pictureLayers = function (comp) {
        var made = [], at;
        for (at = comp.numLayers; at >= 1; at -= 1) {
            if (us.isPicture(comp.layer(at))) { made.push(comp.layer(at)); }
        }
        return made;
    };

    /** A file as the bridge writes it: a sequence by its number signs, with its first number. */
    us.fileOf = function (item) {
        var file = item.footageMissing && item.mainSource.missingFootagePath
            ? new File(item.mainSource.missingFootagePath) : item.file;
        var path = file.fsName, found = SEQUENCES.exec(path);
        if (!found || item.mainSource.isStill) { return {path: path, name: file.displayName, start: null}; }
        return {
            path: found[1] + found[2].replace(/[0-9]/g, "#") + found[3],
            name: file.displayName,
            start: Number(found[2])
        };
    };

    us.mediaOf = function (layer) {
        var item = layer.source, file;
        if (!(item instanceof FootageItem) || !(item.mainSource instanceof FileSource) || !item.file) { return null; }
        file = us.fileOf(item);
        return {
            path: file.path,
            name: file.name,
            rate: us.rateText(item.frameRate),
            start: file.start, // of movies After Effects tells no timecode
            frames: us.frameAt(item.duration, item.frameDuration),
            drop_frame: false,
            reel: "",
            colour_space: ""
        };
    };

    /** Where a layer lies in its comp: whole frames, what is before the comp's beginning left out. */
    us.placeOf = function (layer, comp) {
        var first = Math.min(layer.inPoint, layer.outPoint), last = Math.max(layer.inPoint, layer.outPoint);
        var recordIn = Math.max(0, us.frameAt(first, comp.frameDuration));
        return {record_in: recordIn, duration: us.frameAt(last, comp.frameDuration) - recordIn};
    };

    /** Seconds into the footage at a comp's time. */
    us.sourceTime = function (layer, seconds) {
        return (seconds - layer.startTime) * 100 / layer.stretch;
    };

    /** Index of the footage's frame that is lowest among those shown. */
    us.indexOf = function (layer, place, comp) {
        var rate = layer.source.frameDuration;
        var one = us.sourceTime(layer, place.record_in * comp.frameDuration);
        var other = us.sourceTime(layer, (place.record_in + place.duration) * comp.frameDuration);
        return us.frameAt(Math.min(one, other), rate);
    };

    us.passingUid = function (layer) {
        return "layer " + layer.id;
    };

    /** The Clip of a layer, null where none of it is seen. */
    us.clipOf = function (layer, comp) {
        var place = us.placeOf(layer, comp), media = us.mediaOf(layer), identity = us.identityOf(layer), index, start;
        if (place.duration < 1) { return null; }
        index = media ? us.indexOf(layer, place, comp) : 0;
        start = media && media.start !== null ? media.start : 0;
        return {
            uid: identity.uid || us.passingUid(layer),
            name: layer.name,
            record_in: place.record_in,
            duration: place.duration,
            source_in: start + index,
            source_rate: media ? media.rate : us.rateText(comp.frameRate),
            speed: us.speedText(layer.stretch),
            curve: layer.timeRemapEnabled ? "time remapping" : "",
            enabled: layer.enabled && !layer.guideLayer,
            media: media,
            nested: layer.source instanceof CompItem,
            ours: identity.ours,
            markers: media ? us.markersOf(layer, function (seconds) {
                return start + us.frameAt(us.sourceTime(layer, seconds), layer.source.frameDuration);
            }) : [],
            problems: problemsOf(layer, media)
        };
    };

    function problemsOf(layer, media) {
        var made = [];
        if (media && layer.source.footageMissing) {
            made.push({kind: "media_away", refuses: true, message: media.path + " is missing; replace the footage"});
        }
        if (layer.hasTrackMatte) {
            made.push({
                kind: "track_matte",
                refuses: true,
                message: "the layer has a track matte, which a take above it would not have; precompose it first"
            });
        }
        if (media && us.hasMovingTransform(layer)) {
            made.push({
                kind: "transform",
                refuses: false,
                message: "the layer's transform has keys or expressions; copy them onto the take by hand"
            });
        }
        return made;
    }
}($.global.understudy || ($.global.understudy = {})));
