// Laying, changing and lifting a layer: looked at afterwards, and taken back where something is not as asked.
(function (us) {
    function checked(clip) {
        if (!clip.media) { throw us.refused("Unsupported", "only clips of files can be laid"); }
        if ((clip.speed || "1") !== "1" || clip.curve) {
            throw us.refused("Unsupported", "the script changes no speed; render the retime first");
        }
        return clip.media;
    }

    /** Set a layer's times so that `index` of its footage is seen at `record_in`. */
    function setTimes(layer, comp, recordIn, duration, index) {
        var frame = comp.frameDuration;
        layer.startTime = recordIn * frame - index * layer.source.frameDuration;
        layer.inPoint = recordIn * frame;
        layer.outPoint = (recordIn + duration) * frame;
    }

    function indexAsked(clip, media) {
        return clip.source_in - (media.start === null || media.start === undefined ? 0 : media.start);
    }

    /** What is not as asked, "" when all is. */
    function wrongWith(layer, comp, clip, media) {
        var place = us.placeOf(layer, comp), told = us.mediaOf(layer), index;
        if (place.record_in !== clip.record_in || place.duration !== clip.duration) {
            return "it lies at frame " + place.record_in + " for " + place.duration + " frames";
        }
        if (!told || told.path !== media.path) { return "it shows another file"; }
        index = us.indexOf(layer, place, comp);
        if (index !== indexAsked(clip, media)) { return "it begins with frame " + index + " of its file"; }
        return index + clip.duration > told.frames ? "its file has only " + told.frames + " frames" : "";
    }

    us.Host.prototype.lay = function (step) {
        var comp = us.openComp(), track = this.tracksOf(comp)[step.track - 1], clip = step.clip, layer, wrong, item, kept;
        if (!track) { throw us.refused("NotOnTimeline", "there is no track " + step.track); }
        if (!track.pending) {
            throw us.refused("Occupied", track.layer.name + " is that track's layer; a layer holds one clip");
        }
        item = us.footage(checked(clip));
        kept = copied(this.pending);
        layer = comp.layers.add(item);
        try {
            this.settle(comp, layer, track.pending);
            us.dress(comp, layer, clip);
            setTimes(layer, comp, clip.record_in, clip.duration, indexAsked(clip, clip.media));
            us.identify(layer, {uid: clip.uid, ours: clip.ours || {}, track: track.pending.name}, comp.frameDuration);
            wrong = wrongWith(layer, comp, clip, clip.media);
            if (wrong) {
                throw us.refused("Misplaced", "After Effects laid the take otherwise: " + wrong + "; it was taken away");
            }
        } catch (cause) { // half a placing is none
            layer.remove();
            this.pending = kept;
            throw cause;
        }
        return {"do": "lift", track: step.track, uid: clip.uid, clip: us.clipOf(layer, comp)};
    };

    function copied(pending) {
        var made = [], at;
        for (at = 0; at < pending.length; at += 1) {
            made.push({comp: pending[at].comp, above: pending[at].above, name: pending[at].name});
        }
        return made;
    }

    /** Put a new layer into the place of a pending track. */
    us.Host.prototype.settle = function (comp, layer, pending) {
        var below = pending.above, at, layers;
        layers = us.pictureLayers(comp);
        for (at = 0; at < layers.length; at += 1) {
            if (layers[at].id === below) { layer.moveBefore(layers[at]); }
        }
        if (below === 0) { layer.moveToEnd(); }
        for (at = 0; at < this.pending.length; at += 1) { if (this.pending[at] === pending) { break; } }
        this.pending.splice(at, 1);
        this.moveAnchors(comp, below, layer.id, at);
    };

    /** Take a layer away; its track stays, empty. */
    us.Host.prototype.unsettle = function (comp, layer) {
        var layers = us.pictureLayers(comp), id = layer.id, below = 0, at, one;
        var fresh, under = [], over = [], others = [];
        for (at = 1; at < layers.length; at += 1) { if (layers[at].id === id) { below = layers[at - 1].id; } }
        fresh = {comp: comp.id, above: below, name: us.identityOf(layer).track};
        layer.remove();
        for (at = 0; at < this.pending.length; at += 1) {
            one = this.pending[at];
            if (one.comp === comp.id && one.above === id) {
                one.above = below;
                over.push(one);
            } else if (one.comp === comp.id && one.above === below) {
                under.push(one);
            } else {
                others.push(one);
            }
        }
        this.pending = others.concat(under, [fresh], over);
    };

    /** Its name, its switch, no sound of its own, and the place of what is below it. */
    us.dress = function (comp, layer, clip) {
        var layers = us.pictureLayers(comp), at;
        if (layer.name !== clip.name) { layer.name = clip.name; }
        layer.enabled = clip.enabled !== false;
        if (layer.hasAudio) { layer.audioEnabled = false; }
        for (at = 1; at < layers.length; at += 1) {
            if (layers[at].id === layer.id && us.mediaOf(layers[at - 1])) { us.copyTransform(layers[at - 1], layer); }
        }
    };

    us.Host.prototype.lift = function (step) {
        var comp = us.openComp(), layer = us.openLayer(this.layerOf(comp, step.uid, step.track, step.clip.record_in));
        var was = us.clipOf(layer, comp);
        this.unsettle(comp, layer);
        return {"do": "lay", track: step.track, clip: was};
    };

    us.Host.prototype.swap = function (step) {
        var comp = us.openComp(), layer = us.openLayer(this.layerOf(comp, step.uid, step.track, step.clip.record_in));
        var was = us.clipOf(layer, comp), media = checked(step.clip), item = us.footage(media), wrong;
        var kept = {source: layer.source, start: layer.startTime, from: layer.inPoint, to: layer.outPoint, name: layer.name};
        var bearsFile = !layer.isNameSet || (was.media !== null && was.name === was.media.name);
        try {
            layer.replaceSource(item, false);
            setTimes(layer, comp, was.record_in, was.duration, indexAsked(step.clip, media));
            wrong = wrongWith(layer, comp, step.clip, media);
            if (wrong) {
                throw us.refused("Misplaced", "After Effects changed the take otherwise: " + wrong + "; it is as it was");
            }
            layer.name = bearsFile && media.name ? media.name : kept.name;
            us.identify(layer, {
                uid: us.identityOf(layer).uid || step.clip.uid,
                ours: step.clip.ours || {},
                track: us.identityOf(layer).track
            }, comp.frameDuration);
        } catch (cause) {
            layer.replaceSource(kept.source, false);
            layer.startTime = kept.start;
            layer.inPoint = kept.from;
            layer.outPoint = kept.to;
            if (layer.name !== kept.name) { layer.name = kept.name; }
            throw cause;
        }
        return {"do": "swap", track: step.track, uid: step.uid, clip: was, was: us.clipOf(layer, comp)};
    };
}($.global.understudy || ($.global.understudy = {})));
