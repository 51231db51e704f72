// How the lane that worked out a row's sums tells the others. A library: no bindings, no entry point; a barrier stands between the two.

var<workgroup> the_facts: array<vec4f, 3>;
var<workgroup> the_label: array<vec4f, 2>;
var<workgroup> the_kept: mat4x4f;

fn share_row(row: Row) {
  the_facts[0] = vec4f(row.log_sum_student, row.log_sum_teacher, row.log_sum_one, row.log_ratio);
  the_facts[1] = vec4f(row.q_top, row.peak_teacher, row.peak_one, row.rest_one);
  the_facts[2] = vec4f(row.lift, row.d_top, row.p_top, row.gap_top);
  if (LABEL_TERMS) {
    the_label[0] = vec4f(row.label_log_p, row.label_log_q, row.label_p, row.label_q);
    the_label[1] = vec4f(row.label_d, row.label_gap, 0.0, 0.0);
  }
  if (KEEPS) { the_kept = row.kept; }
}

fn shared_row(started: Row) -> Row {
  var row = started;
  let logs = the_facts[0];
  row.log_sum_student = logs.x;
  row.log_sum_teacher = logs.y;
  row.log_sum_one = logs.z;
  row.log_ratio = logs.w;
  let peaks = the_facts[1];
  row.q_top = peaks.x;
  row.peak_teacher = peaks.y;
  row.peak_one = peaks.z;
  row.rest_one = peaks.w;
  let top = the_facts[2];
  row.lift = top.x;
  row.d_top = top.y;
  row.p_top = top.z;
  row.gap_top = top.w;
  if (LABEL_TERMS) {
    let logits_there = the_label[0];
    row.label_log_p = logits_there.x;
    row.label_log_q = logits_there.y;
    row.label_p = logits_there.z;
    row.label_q = logits_there.w;
    row.label_d = the_label[1].x;
    row.label_gap = the_label[1].y;
  }
  if (KEEPS) { row.kept = the_kept; }
  return row;
}
