// The chosen classes of a row in ascending order, so that a lane that walks through the row's classes knows by one
// comparison whether it stands on a chosen one.
// A library: needs lib/lanes. At most 128 are chosen; ids that occur twice or do not exist harm nothing else.

const MOST_CHOSEN = 128u;
const NOT_CHOSEN = 0xffffffffu;

var<workgroup> chosen_ids: array<u32, MOST_CHOSEN>;
// Ids in ascending order, and where each stood.
var<workgroup> chosen_sorted: array<u32, MOST_CHOSEN>;
var<workgroup> chosen_places: array<u32, MOST_CHOSEN>;

// After the kernel has filled `chosen_ids`.
fn sort_chosen(lane: u32, count: u32) {
  workgroupBarrier();
  for (var i = lane; i < count; i += LANES) {
    let id = chosen_ids[i];
    var rank = 0u;
    for (var other = 0u; other < count; other++) {
      let there = chosen_ids[other];
      if (there < id || (there == id && other < i)) { rank++; }
    }
    chosen_sorted[rank] = id;
    chosen_places[rank] = i;
  }
  workgroupBarrier();
}

// The place of class j among the chosen, or NOT_CHOSEN. `walk` is 0 at the row's start; j ascends.
fn chosen_place(walk: ptr<function, u32>, j: u32, count: u32) -> u32 {
  while (*walk < count && chosen_sorted[*walk] < j) { *walk += 1u; }
  if (*walk < count && chosen_sorted[*walk] == j) { return chosen_places[*walk]; }
  return NOT_CHOSEN;
}
