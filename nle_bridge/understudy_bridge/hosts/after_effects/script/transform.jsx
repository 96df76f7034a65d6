// The take is put where the shot below it is put, so that its picture falls on the same pixels.
(function (us) {
    var PLACING = ["ADBE Anchor Point", "ADBE Position", "ADBE Scale", "ADBE Rotate Z"];
    var IN_SPACE = ["ADBE Orientation", "ADBE Rotate X", "ADBE Rotate Y"];

    function propertiesOf(layer) {
        var names = PLACING.concat(layer.threeDLayer ? IN_SPACE : []), made = [], group, at, found;
        group = layer.property("ADBE Transform Group");
        for (at = 0; group && at < names.length; at += 1) {
            found = group.property(names[at]);
            if (found) { made.push({name: names[at], property: found}); }
        }
        return made;
    }

    us.hasMovingTransform = function (layer) {
        var list = propertiesOf(layer), at;
        for (at = 0; at < list.length; at += 1) {
            if (list[at].property.numKeys > 0 || list[at].property.expressionEnabled) { return true; }
        }
        return false;
    };

    /** Put one layer where another is; nothing where their pictures differ in size or the other one moves. */
    us.copyTransform = function (from, to) {
        var list, group, at;
        if (from.width !== to.width || from.height !== to.height || us.hasMovingTransform(from)) { return; }
        to.threeDLayer = from.threeDLayer;
        if (from.parent) { to.setParentWithJump(from.parent); }
        list = propertiesOf(from);
        group = to.property("ADBE Transform Group");
        for (at = 0; at < list.length; at += 1) {
            group.property(list[at].name).setValue(list[at].property.value);
        }
    };
}($.global.understudy || ($.global.understudy = {})));
