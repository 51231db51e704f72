// Stands for lib/quads where lanes cannot tell each other anything: each reads all four numbers for itself.
// A library: no bindings, no entry point.

const quads = false;

fn of_quad(own: f32) -> vec4f { return vec4f(own); }
