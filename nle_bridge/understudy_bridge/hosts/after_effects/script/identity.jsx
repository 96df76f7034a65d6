// Who is who: a marker of ours on the layer, with parameters. It goes with the layer when that is moved, trimmed,
// copied or taken to another comp, Undo takes it back, and the comment column stays the artist's.
(function (us) {
    var MARK = "Understudy";
    var UID = "understudy_uid";
    var OURS = "understudy_ours";
    var TRACK = "understudy_track";

    function ourKey(layer) {
        var marker = layer.property("ADBE Marker"), at, told;
        for (at = 1; at <= marker.numKeys; at += 1) {
            told = marker.keyValue(at).getParameters();
            if (told.hasOwnProperty(UID)) { return {at: at, told: told}; }
        }
        return null;
    }

    function oursOf(text) {
        var value = null;
        try {
            value = us.jsonValue(text || "{}");
        } catch (cause) {
            return {}; // somebody wrote into the marker
        }
        return value !== null && typeof value === "object" && !(value instanceof Array) ? value : {};
    }

    /** {uid, ours, track} of a layer, uid "" where it has none; `track` is the name of the track it was laid on. */
    us.identityOf = function (layer) {
        var key = ourKey(layer);
        if (!key) { return {uid: "", ours: {}, track: ""}; }
        return {uid: String(key.told[UID]), ours: oursOf(key.told[OURS]), track: String(key.told[TRACK] || "")};
    };

    /** Write these into a layer; a marker that the artist has at that time stays. */
    us.identify = function (layer, identity, frameDuration) {
        var marker = layer.property("ADBE Marker"), key = ourKey(layer), value = new MarkerValue(MARK);
        var time = layer.inPoint, told = {};
        told[UID] = identity.uid;
        told[OURS] = us.jsonText(identity.ours);
        told[TRACK] = identity.track;
        value.setParameters(told);
        if (key) {
            marker.setValueAtKey(key.at, value);
            return;
        }
        while (isTaken(marker, time, frameDuration)) { time += frameDuration; }
        marker.setValueAtTime(time, value);
    };

    function isTaken(marker, time, frameDuration) {
        if (marker.numKeys === 0) { return false; }
        return Math.abs(marker.keyTime(marker.nearestKeyIndex(time)) - time) < frameDuration / 2;
    }

    /** The artist's own markers of a layer, in source frames. */
    us.markersOf = function (layer, indexAt) {
        var marker = layer.property("ADBE Marker"), made = [], at, value;
        for (at = 1; at <= marker.numKeys; at += 1) {
            value = marker.keyValue(at);
            if (!value.getParameters().hasOwnProperty(UID)) {
                made.push({frame: indexAt(marker.keyTime(at)), name: value.comment, comment: value.comment});
            }
        }
        return made;
    };
}($.global.understudy || ($.global.understudy = {})));
