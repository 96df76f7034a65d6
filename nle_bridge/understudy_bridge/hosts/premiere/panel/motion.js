"use strict";
// The take is put where its shot is put in the picture: the fixed values of the shot's Motion effect.
Object.defineProperty(exports, "__esModule", { value: true });
exports.copyingMotion = copyingMotion;
exports.shotUnder = shotUnder;
const MOTION = "AE.ADBE Motion";
async function motionOf(clip) {
    const chain = await clip.item.getComponentChain();
    for (let at = 0; at < chain.getComponentCount(); at += 1) {
        const component = chain.getComponentAtIndex(at);
        if ((await component.getMatchName()) === MOTION)
            return component;
    }
    return null;
}
/** Makes the actions that give one clip another's Motion; none where that moves, for keys would fall elsewhere. */
async function copyingMotion(from, to) {
    const [source, target] = await Promise.all([motionOf(from), motionOf(to)]);
    if (!source || !target || source.getParamCount() !== target.getParamCount())
        return () => [];
    const different = [];
    for (let at = 0; at < source.getParamCount(); at += 1) {
        if (source.getParam(at).isTimeVarying())
            return () => [];
        const value = (await source.getParam(at).getStartValue()).value.value;
        const own = (await target.getParam(at).getStartValue()).value.value;
        if (textOf(value) !== textOf(own))
            different.push({ at, value });
    }
    return () => different.map(({ at, value }) => {
        const param = target.getParam(at);
        return param.createSetValueAction(param.createKeyframe(value), true);
    });
}
function textOf(value) {
    const { x, y } = Object(value);
    return x === undefined ? String(value) : `${x} ${y}`;
}
/** The shot that a take was made of, where it lies under the take; else what is right below. */
function shotUnder(take, below, isShot) {
    const covered = below
        .filter((one) => one.number < take.number && one.media?.path)
        .filter((one) => BigInt(one.start) < BigInt(take.end) && BigInt(take.start) < BigInt(one.end))
        .sort((one, other) => other.number - one.number);
    return covered.find(isShot) ?? covered[0] ?? null;
}
