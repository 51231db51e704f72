// The live window: what may change between steps. Twin of src/tensor/live.ts in 64 words.
// A library: the kernel that uses it declares the binding.

struct Live {
  step: u32,
  seed: u32,
  ring_row: u32,
  micro: u32,
  learning_rate: f32,
  weight_decay: f32,
  beta1: f32,
  beta2: f32,
  epsilon: f32,
  correction1: f32,
  correction2: f32,
  momentum: f32,
  clip_norm: f32,
  temperature: f32,
  inverse_valid: f32,
  inverse_labelled: f32,
  label_weight: f32,
  smoothing: f32,
  hidden_weight: f32,
  hidden_parameter: f32,
  term_weight: vec4f,
  term_params: array<vec4f, 4>,
  average_share: f32,
}
