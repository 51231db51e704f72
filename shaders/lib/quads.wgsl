// Four neighbouring lanes, a quad, read four neighbouring numbers, one each, and tell each other. On a CPU adapter a read
// of memory is a read for each lane in turn, and to tell is one instruction.
// A library: no bindings, no entry point; the first of its module, since it enables. Where the adapter has no subgroups,
// the executor puts lib/quads_alone in its place. To be called by all lanes of a quad or by none.

enable subgroups;
diagnostic(off, subgroup_uniformity);

const quads = true;

fn of_quad(own: f32) -> vec4f {
  return vec4f(quadBroadcast(own, 0u), quadBroadcast(own, 1u), quadBroadcast(own, 2u), quadBroadcast(own, 3u));
}
