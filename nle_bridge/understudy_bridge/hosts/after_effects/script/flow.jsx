// Sending, placing and removing: the steps of docs/bridge.md, as panel/flow.py has them. Between asking and answer the
// artist goes on, so the comp is compared before it is changed. `done(error, text)` ends each of them.
(function (us) {
    var IDENTITY = "us-";
    var MOST_TRIES = 3;

    function same(one, other) {
        return us.jsonText(one) === us.jsonText(other);
    }

    /** What After Effects' own objects raise, as the artist is told it. */
    us.broken = function (cause) {
        return us.trouble("Broken", "After Effects broke off (" + cause.message +
            "); press Undo if a layer is not as it was");
    };

    /** Do `task` as one entry of Undo; what it raises goes to `failed`. */
    us.guarded = function (title, task, failed) {
        if (title) { app.beginUndoGroup(title); }
        try {
            task();
        } catch (cause) {
            failed(cause.isRefusal || cause.isTrouble ? cause : us.broken(cause));
        } finally {
            if (title) { app.endUndoGroup(); }
        }
    };

    /** Send the selected layers. */
    us.submit = function (daemon, host, preset, done) {
        us.guarded("", function () {
            var about = host.about(), timeline = host.timeline(), uids = host.selected();
            if (uids.length === 0) {
                throw us.refused("NothingSelected", "no layer is selected; select the shots to send");
            }
            daemon.ask("POST", "/v1/check", {
                host: about.host, project: about.project, timeline: timeline, clips: uids, preset: preset
            }, function (trouble, answer) {
                if (trouble) { done(trouble, ""); return; }
                us.guarded("", function () {
                    sendChecked(daemon, host, preset, timeline, answer.shots, done);
                }, function (refusal) { done(refusal, ""); });
            });
        }, function (refusal) { done(refusal, ""); });
    };

    function sendChecked(daemon, host, preset, timeline, shots, done) {
        var fit = [], lines = [], at, problems, refused, each;
        for (at = 0; at < shots.length; at += 1) {
            problems = shots[at].problems;
            refused = false;
            for (each = 0; each < problems.length; each += 1) {
                refused = refused || problems[each].refuses;
                lines.push(shots[at].shot.name + ": " + problems[each].message);
            }
            if (!refused) { fit.push(shots[at].shot); }
        }
        if (fit.length === 0) {
            throw us.refused("ShotRefused", lines.join("; ") || "none of these layers is in the comp");
        }
        if (!same(host.timeline(), timeline)) {
            throw us.refused("TimelineChanged", "the comp was changed meanwhile; send the shots again");
        }
        us.guarded("Understudy: remember the shots", function () { markAll(host, fit); }, function (cause) { throw cause; });
        createNext(daemon, host.about().project, preset, fit, 0, lines, done);
    }

    function markAll(host, shots) {
        var at, uid;
        for (at = 0; at < shots.length; at += 1) {
            if (shots[at].clip_uid.indexOf(IDENTITY) !== 0) {
                uid = IDENTITY + us.randomText(32);
                host.mark(shots[at].clip_uid, uid);
                shots[at].clip_uid = uid;
            }
        }
    }

    function createNext(daemon, project, preset, shots, at, lines, done) {
        if (at === shots.length) {
            done(null, [at + " sent"].concat(lines).join("\n"));
            return;
        }
        daemon.ask("POST", "/v1/sendings", {
            request_id: us.randomText(32), project: project, shot: shots[at], preset: preset
        }, function (trouble) {
            if (trouble) { done(trouble, ""); return; }
            createNext(daemon, project, preset, shots, at + 1, lines, done);
        });
    }

    /** Put a take into the comp, change its version, or remove it: `wish` is {version?, track?, remove?}. */
    us.place = function (daemon, host, sendingId, wish, done) {
        attempt(daemon, host, sendingId, wish, 1, done);
    };

    function attempt(daemon, host, sendingId, wish, tries, done) {
        us.guarded("", function () {
            var asked = {}, key, before = host.timeline();
            for (key in wish) { if (wish.hasOwnProperty(key)) { asked[key] = wish[key]; } }
            asked.timeline = before;
            asked.capabilities = host.about().capabilities;
            daemon.sending(sendingId, "plan", asked, function (trouble, plan) {
                if (trouble) { done(trouble, ""); return; }
                us.guarded("", function () {
                    if (same(host.timeline(), before)) {
                        carryOut(daemon, host, plan, before, done);
                    } else if (tries < MOST_TRIES) {
                        attempt(daemon, host, sendingId, wish, tries + 1, done);
                    } else {
                        throw us.refused("TimelineChanged", "the comp is being changed; place the take when it is at rest");
                    }
                }, function (refusal) { done(refusal, ""); });
            });
        }, function (refusal) { done(refusal, ""); });
    }

    function carryOut(daemon, host, plan, before, done) {
        var undoing = [], after = null, title = "Understudy: " + plan.kind;
        us.guarded(title, function () {
            var at;
            try {
                for (at = 0; at < plan.steps.length; at += 1) { undoing.push(host.carryOut(plan.steps[at])); }
                after = host.timeline();
            } catch (cause) {
                takeBack(host, undoing, cause.message);
                throw cause;
            }
        }, function (refusal) { done(refusal, ""); });
        if (after === null) { return; }
        daemon.ask("POST", "/v1/plans/" + encodeURIComponent(plan.id) + "/read", {timeline: after}, function (trouble, read) {
            var faults;
            if (!trouble && read.ok) {
                done(null, plan.notes.join("\n"));
                return;
            }
            faults = trouble ? "nobody can say whether it lies right: " + trouble.message : read.faults.join("; ");
            us.guarded("Understudy: take it back", function () {
                var now = host.timeline(), untouched = same(now, after);
                if (now.name !== after.name) {
                    throw us.refused("Remains", faults + "; " + after.name +
                        " is not in front any more, and what was done there remains; undo it");
                }
                takeBack(host, undoing, faults);
                if (untouched && !same(host.timeline(), before)) {
                    throw us.refused("Remains", faults + "; it was taken back, but the comp is not as it was; press Undo");
                }
                throw us.refused("Misplaced", "it was taken back: " + faults);
            }, function (refusal) { done(refusal, ""); });
        });
    }

    /** Undo steps, the last first. Raises: HostRefused, which says exactly what remains. */
    function takeBack(host, undoing, because) {
        var remains = [], step;
        while (undoing.length > 0) {
            step = undoing.pop();
            try {
                host.carryOut(step);
            } catch (cause) { // whatever it throws: the steps before this one are still to be undone
                remains.push(whatRemains(step) + " (" + cause.message + ")");
            }
        }
        if (remains.length > 0) {
            throw us.refused("Remains", because + "; not everything could be taken back: " + remains.join("; "));
        }
    }

    function whatRemains(step) {
        var path;
        if (!step.clip) { return "track " + step.number + " is not as it was"; }
        path = step.clip.media ? step.clip.media.path : "no file";
        if (step["do"] === "lift") { return step.clip.name + " remains; delete it"; }
        return step.clip.name + (step["do"] === "lay" ? " is gone; it showed " : " shows another file than ") + path;
    }
}($.global.understudy || ($.global.understudy = {})));
