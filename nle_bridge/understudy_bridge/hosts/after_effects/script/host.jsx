// After Effects, as the daemon's steps need it. One comp is the timeline; every change is one undo group of the caller's.
(function (us) {
    /** The editor did not do a step, and the comp is as it was. */
    us.refused = function (kind, message) {
        var error = new Error(message);
        error.kind = kind;
        error.isRefusal = true;
        return error;
    };

    /** New tracks without a layer yet: After Effects has no such thing. They go when the script's panel is closed. */
    us.Host = function () {
        this.pending = []; // {comp, above: id of the layer below it or 0, name}
    };

    us.openComp = function () {
        var item = app.project ? app.project.activeItem : null;
        if (!(item instanceof CompItem)) {
            throw us.refused("NoTimeline", "no comp is open; click into the timeline of the one that you work in");
        }
        return item;
    };

    us.Host.prototype.about = function () {
        return {
            host: "after_effects",
            version: app.version,
            project: us.projectId(),
            project_name: app.project.file ? app.project.file.displayName : "untitled",
            capabilities: {retimes: false, undo: true, notices_open: true}
        };
    };

    /** [{layer or null, pending or null}] from the bottom up. */
    us.Host.prototype.tracksOf = function (comp) {
        var layers = us.pictureLayers(comp), made = [], at;
        this.addPending(comp, 0, made);
        for (at = 0; at < layers.length; at += 1) {
            made.push({layer: layers[at], pending: null});
            this.addPending(comp, layers[at].id, made);
        }
        return made;
    };

    us.Host.prototype.addPending = function (comp, above, made) {
        var at;
        for (at = 0; at < this.pending.length; at += 1) {
            if (this.pending[at].comp === comp.id && this.pending[at].above === above) {
                made.push({layer: null, pending: this.pending[at]});
            }
        }
    };

    us.Host.prototype.timeline = function () {
        var comp = us.openComp(), tracks = this.tracksOf(comp), told = [], at;
        for (at = 0; at < tracks.length; at += 1) { told.push(toldTrack(tracks[at], at + 1, comp)); }
        return {
            name: comp.name,
            rate: us.rateText(comp.frameRate),
            drop_frame: comp.dropFrame === true,
            start_frame: us.frameAt(comp.displayStartTime, comp.frameDuration),
            inserts_tracks: true,
            one_clip_a_track: true,
            tracks: told,
            markers: compMarkers(comp)
        };
    };

    function toldTrack(track, number, comp) {
        var clip = track.layer ? us.clipOf(track.layer, comp) : null;
        return {
            number: number,
            name: track.pending ? track.pending.name : us.identityOf(track.layer).track,
            enabled: true, // a layer's own switch is its clip's
            locked: track.layer ? track.layer.locked : false,
            clips: clip ? [clip] : [],
            transitions: []
        };
    }

    function compMarkers(comp) {
        var marker = comp.markerProperty, made = [], at, value;
        for (at = 1; at <= marker.numKeys; at += 1) {
            value = marker.keyValue(at);
            made.push({
                frame: us.frameAt(marker.keyTime(at), comp.frameDuration),
                name: value.comment,
                comment: value.comment
            });
        }
        return made;
    }

    us.Host.prototype.selected = function () {
        var comp = us.openComp(), chosen = [], uids = [], at, clip;
        for (at = 0; at < comp.selectedLayers.length; at += 1) {
            clip = us.isPicture(comp.selectedLayers[at]) ? us.clipOf(comp.selectedLayers[at], comp) : null;
            if (clip) { chosen.push(clip); }
        }
        chosen.sort(function (one, other) { return one.record_in - other.record_in; });
        for (at = 0; at < chosen.length; at += 1) { uids.push(chosen[at].uid); }
        return uids;
    };

    /** The layer with a uid, on a track and at a record frame where these are given. Raises: HostRefused. */
    us.Host.prototype.layerOf = function (comp, uid, track, recordIn) {
        var tracks = this.tracksOf(comp), at, clip;
        for (at = 0; at < tracks.length; at += 1) {
            clip = tracks[at].layer && (track === undefined || track === at + 1) ? us.clipOf(tracks[at].layer, comp) : null;
            if (clip && clip.uid === uid && (recordIn === undefined || clip.record_in === recordIn)) {
                return tracks[at].layer;
            }
        }
        throw us.refused("NotOnTimeline", "the layer " + uid + " is no longer where it was; look at the comp again");
    };

    us.openLayer = function (layer) {
        if (layer.locked) { throw us.refused("Occupied", layer.name + " is locked; unlock it"); }
        return layer;
    };

    us.Host.prototype.mark = function (uid, identity) {
        var comp = us.openComp(), layer = us.openLayer(this.layerOf(comp, uid));
        us.identify(layer, {uid: identity, ours: us.identityOf(layer).ours, track: us.identityOf(layer).track},
            comp.frameDuration);
        us.keepProjectId();
    };

    us.Host.prototype.seek = function (frame) {
        var comp = us.openComp();
        comp.time = Math.min(Math.max(0, frame * comp.frameDuration), comp.duration - comp.frameDuration);
    };

    /** The source frame of a sent layer at the comp's time; null where the time is elsewhere. */
    us.Host.prototype.sourceFrame = function (uid) {
        var comp = us.openComp(), tracks = this.tracksOf(comp), now = us.frameAt(comp.time, comp.frameDuration), at, clip;
        for (at = 0; at < tracks.length; at += 1) {
            clip = tracks[at].layer ? us.clipOf(tracks[at].layer, comp) : null;
            if (clip && clip.uid === uid && now >= clip.record_in && now < clip.record_in + clip.duration) {
                return clip.source_in + now - clip.record_in;
            }
        }
        return null;
    };

    us.Host.prototype.carryOut = function (step) {
        var act = {
            add_track: this.addTrack, remove_track: this.removeTrack, lay: this.lay, swap: this.swap, lift: this.lift
        };
        if (!act.hasOwnProperty(step["do"])) {
            throw us.refused("Unsupported", "there is no step " + step["do"]);
        }
        return act[step["do"]].call(this, step);
    };

    us.Host.prototype.addTrack = function (step) {
        var comp = us.openComp(), tracks = this.tracksOf(comp), number = step.number, below, fresh, at;
        if (number !== Math.floor(number) || number < 1 || number > tracks.length + 1) {
            throw us.refused("Unsupported", "no track can be put in as " + number);
        }
        below = number === 1 ? null : tracks[number - 2];
        fresh = {comp: comp.id, above: 0, name: step.name || ""};
        if (below) { fresh.above = below.layer ? below.layer.id : below.pending.above; }
        at = below && below.pending ? indexIn(this.pending, below.pending) + 1 : firstAbove(this.pending, fresh);
        this.pending.splice(at, 0, fresh);
        return {"do": "remove_track", number: number};
    };

    function indexIn(list, one) {
        var at;
        for (at = 0; at < list.length; at += 1) { if (list[at] === one) { return at; } }
        return -1;
    }

    function firstAbove(list, fresh) {
        var at;
        for (at = 0; at < list.length; at += 1) {
            if (list[at].comp === fresh.comp && list[at].above === fresh.above) { return at; }
        }
        return list.length;
    }

    us.Host.prototype.removeTrack = function (step) {
        var track = this.tracksOf(us.openComp())[step.number - 1];
        if (!track || !track.pending) { throw us.refused("Occupied", "track " + step.number + " is not empty"); }
        this.pending.splice(indexIn(this.pending, track.pending), 1);
        return {"do": "add_track", number: step.number, name: track.pending.name};
    };

    /** What was above one layer is above another now. */
    us.Host.prototype.moveAnchors = function (comp, from, to, after) {
        var at;
        for (at = 0; at < this.pending.length; at += 1) {
            if (this.pending[at].comp === comp.id && this.pending[at].above === from && at >= after) {
                this.pending[at].above = to;
            }
        }
    };
}($.global.understudy || ($.global.understudy = {})));
