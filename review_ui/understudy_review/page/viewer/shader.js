/**
 * The one shader of the viewer. A variant is compiled for what is looked at right now, so that a plain picture
 * costs one look-up a pixel even where the browser draws in software.
 *
 * @typedef {"single" | "wipe" | "difference" | "blend" | "onion"} Mode
 * @typedef {{ mode: Mode, adjusted: boolean, channel: string, tint: boolean, smooth: boolean, floatA: boolean,
 *   floatB: boolean }} Variant
 */

export const VERTEX = `#version 300 es
uniform vec4 place;          // the part of the canvas that is drawn, device pixels: left, top, width, height
uniform vec2 axes[9];        // from device pixels to a, b and matte: three columns each
uniform vec2 cAxes[3];
out vec2 atA, atB, atC, atMatte, pixel;
vec2 carried(int first, vec2 point) { return axes[first] * point.x + axes[first + 1] * point.y + axes[first + 2]; }
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0; // one triangle that covers it
  pixel = place.xy + corner * place.zw;
  atA = carried(0, pixel);
  atB = carried(3, pixel);
  atMatte = carried(6, pixel);
  atC = cAxes[0] * pixel.x + cAxes[1] * pixel.y + cAxes[2];
  gl_Position = vec4(corner.x * 2.0 - 1.0, 1.0 - corner.y * 2.0, 0, 1);
}`;

/** @param {Variant} variant */
export function fragment({ mode, adjusted, channel, tint, smooth, floatA, floatB }) {
  const defines = [
    `MODE_${mode.toUpperCase()}`, `CHANNEL_${channel.toUpperCase()}`, adjusted && "ADJUSTED",
    (tint || channel === "matte") && "MATTE", tint && "TINT", smooth && "SMOOTH", floatA && "FLOAT_A", floatB && "FLOAT_B",
  ];
  return `#version 300 es
precision highp float;
${defines.filter(Boolean).map((name) => `#define ${name}`).join("\n")}
${BODY}`;
}

const BODY = `
uniform sampler2D a, b, c, matte;
uniform vec3 surround;
uniform float exposure, gamma, gain, share;
uniform vec4 wipe;           // a point on its line and the line's normal, device pixels
in vec2 atA, atB, atC, atMatte, pixel;
out vec4 drawn;
const vec3 LUMA = vec3(0.2126, 0.7152, 0.0722);
const vec3 TINT_COLOUR = vec3(40.0, 220.0, 90.0) / 255.0;

vec4 looked(sampler2D picture, vec2 at) {
  bool inside = all(greaterThanEqual(at, vec2(0))) && all(lessThan(at, vec2(1)));
  vec2 alongX = dFdx(at), alongY = dFdy(at);
#ifdef SMOOTH
  vec4 seen = 0.25 * (texture(picture, at + 0.25 * (alongX + alongY)) + texture(picture, at + 0.25 * (alongX - alongY))
    + texture(picture, at - 0.25 * (alongX + alongY)) + texture(picture, at - 0.25 * (alongX - alongY)));
#else
  vec4 seen = texture(picture, at);
#endif
  return vec4(seen.rgb, inside ? 1.0 : 0.0);
}

vec3 encoded(vec3 linear) {  // sRGB
  vec3 positive = max(linear, 0.0);
  return mix(1.055 * pow(positive, vec3(1.0 / 2.4)) - 0.055, positive * 12.92, lessThanEqual(positive, vec3(0.0031308)));
}

vec3 adjusted(vec3 shown) {  // 8-bit display colour
#ifdef ADJUSTED
  return pow(clamp(pow(shown, vec3(2.2)) * exp2(exposure), 0.0, 1.0), vec3(1.0 / (2.2 * gamma)));
#else
  return shown;
#endif
}

vec3 adjustedLinear(vec3 linear) {
  vec3 shown = encoded(linear * exp2(exposure));
#ifdef ADJUSTED
  shown = pow(clamp(shown, 0.0, 1.0), vec3(1.0 / gamma));
#endif
  return shown;
}

vec4 lookedA() {
  vec4 seen = looked(a, atA);
#ifdef FLOAT_A
  return vec4(adjustedLinear(seen.rgb), seen.a);
#else
  return vec4(adjusted(seen.rgb), seen.a);
#endif
}

vec4 lookedB() {
  vec4 seen = looked(b, atB);
#ifdef FLOAT_B
  return vec4(adjustedLinear(seen.rgb), seen.a);
#else
  return vec4(adjusted(seen.rgb), seen.a);
#endif
}

void main() {
  vec4 seen = lookedA();
#if defined(MODE_WIPE)
  if (dot(pixel - wipe.xy, wipe.zw) > 0.0) seen = lookedB();
#elif defined(MODE_DIFFERENCE)
  vec4 other = lookedB();
  seen = vec4(abs(seen.rgb - other.rgb) * gain, max(seen.a, other.a));
#elif defined(MODE_BLEND)
  vec4 other = lookedB();
  seen = mix(seen, other, share * other.a);
#elif defined(MODE_ONION)
  vec4 before = lookedB(), after = looked(c, atC);
  after.rgb = adjusted(after.rgb);
  vec3 ghosts = (before.rgb * before.a + after.rgb * after.a) / max(before.a + after.a, 1.0);
  seen.rgb = mix(seen.rgb, ghosts, share * min(before.a + after.a, 1.0));
#endif
#ifdef MATTE
  float covered = all(greaterThanEqual(atMatte, vec2(0))) && all(lessThan(atMatte, vec2(1))) ? texture(matte, atMatte).r : 0.0;
#endif
#if defined(CHANNEL_R)
  seen.rgb = seen.rrr;
#elif defined(CHANNEL_G)
  seen.rgb = seen.ggg;
#elif defined(CHANNEL_B)
  seen.rgb = seen.bbb;
#elif defined(CHANNEL_LUMA)
  seen.rgb = vec3(dot(seen.rgb, LUMA));
#elif defined(CHANNEL_MATTE)
  seen = vec4(vec3(covered), 1.0);
#endif
#ifdef TINT
  seen.rgb = mix(seen.rgb, TINT_COLOUR, 0.45 * covered);
#endif
  drawn = vec4(mix(surround, seen.rgb, seen.a), 1.0);
}`;
