/**
 * The formulas of the catalogue as TeX, from which the page makes MathML: the loss of a row (or of a batch), and its
 * derivative by a logit or a hidden state. A parameter's symbol stands alone, so that the page can make it a control.
 */

export interface Tex {
  readonly loss: string;
  readonly gradient: string;
}

const softenedRule = String.raw`\frac{1}{T}\,q_j\Big(a_j - \sum_i q_i a_i\Big)`;

/** Parts below each other, since a card is not wide. */
const lines = (...parts: readonly string[]): string =>
  String.raw`\begin{aligned}${parts.map((part) => `&${part}`).join(String.raw` \\ `)}\end{aligned}`;

/** What p and q are wherever a temperature acts. */
export const softenedAnswers = [
  String.raw`p = \operatorname{softmax}(u/T)`,
  String.raw`q = \operatorname{softmax}(z/T)`,
] as const;

const table: Readonly<Record<string, Tex>> = {
  ce: {
    loss: String.raw`L = -\log \operatorname{softmax}(z)_y`,
    gradient: String.raw`\operatorname{softmax}(z)_j - [j = y]`,
  },
  label_smoothing: {
    loss: String.raw`L = -(1-\varepsilon)\log \operatorname{softmax}(z)_y - \frac{\varepsilon}{V}\sum_j \log \operatorname{softmax}(z)_j`,
    gradient: String.raw`\operatorname{softmax}(z)_j - (1-\varepsilon)[j=y] - \frac{\varepsilon}{V}`,
  },
  hard_ce: {
    loss: String.raw`L = -\log \operatorname{softmax}(z)_t,\quad t = \operatorname{arg\,max} u`,
    gradient: String.raw`\operatorname{softmax}(z)_j - [j = t]`,
  },
  corrected_teacher: {
    loss: lines(
      String.raw`L = \sum_i p'_i(\log p'_i - \log q_i),\quad p' = (1-f)\,p + f\,1_y`,
      String.raw`f = \frac{p_{\max} - p_y + \tau}{1 + p_{\max} - p_y} \text{ where } \operatorname{arg\,max} p \ne y \text{, else } 0`,
    ),
    gradient: String.raw`\frac{q_j - p'_j}{T}`,
  },
  forward_kl: {
    loss: String.raw`L = \mathrm{KL}(p\,\Vert\,q) = \sum_i p_i(\log p_i - \log q_i)`,
    gradient: String.raw`\frac{q_j - p_j}{T}`,
  },
  soft_ce: {
    loss: String.raw`L = -\sum_i p_i \log q_i = \mathrm{KL}(p\,\Vert\,q) + H(p)`,
    gradient: String.raw`\frac{q_j - p_j}{T}`,
  },
  reverse_kl: {
    loss: String.raw`L = \mathrm{KL}(q\,\Vert\,p) = \sum_i q_i(\log q_i - \log p_i)`,
    gradient: String.raw`\frac{1}{T}\,q_j\Big(\log\frac{q_j}{p_j} - L\Big)`,
  },
  jsd: {
    loss: String.raw`L = \beta\,\mathrm{KL}(p\,\Vert\,m) + (1-\beta)\,\mathrm{KL}(q\,\Vert\,m),\quad m = \beta\,p + (1-\beta)\,q`,
    gradient: String.raw`\frac{1-\beta}{T}\,q_j\Big(\ell_j - \sum_i q_i\ell_i\Big),\quad \ell = \log q - \log m`,
  },
  jsd_normalised: {
    loss: String.raw`L = \frac{\beta\,\mathrm{KL}(p\,\Vert\,m) + (1-\beta)\,\mathrm{KL}(q\,\Vert\,m)}{\beta(1-\beta)},\quad m = \beta\,p + (1-\beta)\,q`,
    gradient: String.raw`\frac{1}{\beta\,T}\,q_j\Big(\ell_j - \sum_i q_i\ell_i\Big),\quad \ell = \log q - \log m`,
  },
  jeffreys: {
    loss: String.raw`L = (1-\lambda)\,\mathrm{KL}(p\,\Vert\,q) + \lambda\,\mathrm{KL}(q\,\Vert\,p)`,
    gradient: String.raw`\frac{1}{T}\Big[(1-\lambda)(q_j - p_j) + \lambda\,q_j\Big(\log\frac{q_j}{p_j} - \mathrm{KL}(q\,\Vert\,p)\Big)\Big]`,
  },
  skew_kl: {
    loss: String.raw`L = \mathrm{KL}(p\,\Vert\,m),\quad m = \lambda\,p + (1-\lambda)\,q`,
    gradient: String.raw`\frac{1-\lambda}{T}\,q_j\Big(\sum_i q_i w_i - w_j\Big),\quad w = \frac{p}{m}`,
  },
  skew_reverse_kl: {
    loss: String.raw`L = \mathrm{KL}(q\,\Vert\,m),\quad m = (1-\lambda)\,p + \lambda\,q`,
    gradient: String.raw`${softenedRule},\quad a = \log q - \log m - \lambda\frac{q}{m}`,
  },
  total_variation: {
    loss: String.raw`L = \tfrac12\sum_i |p_i - q_i|`,
    gradient: String.raw`${softenedRule},\quad a = \tfrac12\operatorname{sign}(q-p)`,
  },
  adaptive_kl: {
    loss: lines(
      String.raw`L = w_h\,\mathrm{KL}(p\,\Vert\,q) + w_t\,\mathrm{KL}(q\,\Vert\,p)`,
      String.raw`w_h : w_t = \sum_{\text{head}}|p-q| : \sum_{\text{tail}}|p-q|,\quad w_h + w_t = 1`,
      String.raw`\text{tail: the least likely classes, up to a mass of } \mu`,
    ),
    gradient: String.raw`\frac{1}{T}\Big[w_h(q_j - p_j) + w_t\,q_j\Big(\log\frac{q_j}{p_j} - \mathrm{KL}(q\,\Vert\,p)\Big)\Big]`,
  },
  sampled_reverse_kl: {
    loss: String.raw`L = \operatorname{sg}\Big(\log\frac{q_y}{p_y}\Big)\log q_y,\quad y \sim q`,
    gradient: String.raw`\frac{1}{T}\log\frac{q_y}{p_y}\,\big([j = y] - q_j\big)`,
  },
  logit_mse: {
    loss: String.raw`L = \frac{1}{V}\sum_i (z_i - u_i)^2`,
    gradient: String.raw`\frac{2}{V}(z_j - u_j)`,
  },
  probability_mse: {
    loss: String.raw`L = \frac{1}{V}\sum_i (q_i - p_i)^2`,
    gradient: String.raw`${softenedRule},\quad a = \frac{2}{V}(q-p)`,
  },
  logit_cosine: {
    loss: String.raw`L = 1 - \cos(z, u)`,
    gradient: String.raw`-\frac{\hat u_j - \cos(z,u)\,\hat z_j}{\lVert z\rVert}`,
  },
  decoupled: {
    loss: lines(
      String.raw`L = T^2\,[\,\alpha\,\mathrm{TCKD} + \beta\,\mathrm{NCKD}\,]`,
      String.raw`\mathrm{TCKD} = p_y\log\frac{p_y}{q_y} + (1-p_y)\log\frac{1-p_y}{1-q_y}`,
      String.raw`\mathrm{NCKD} = \mathrm{KL}(\hat p\,\Vert\,\hat q)\text{, hats over the classes } \ne y`,
    ),
    gradient: lines(
      String.raw`j = y:\ T\alpha(q_y - p_y)`,
      String.raw`j \ne y:\ T\,[\,\beta(\hat q_j - \hat p_j) - \alpha(q_y - p_y)\hat q_j\,]`,
    ),
  },
  standardised_kl: {
    loss: lines(
      String.raw`L = \mathrm{KL}(\tilde p\,\Vert\,\tilde q),\quad \tilde q = \operatorname{softmax}(\tilde z/T)`,
      String.raw`\tilde z = \frac{z - \bar z}{\sigma_z + \varepsilon},\quad \tilde p \text{ of } u \text{ likewise}`,
    ),
    gradient: String.raw`\frac{1}{\sigma+\varepsilon}\Big[g_j - \bar g - \tilde z_j\,\frac{\sigma+\varepsilon}{\sigma}\,\frac{\sum_i g_i\tilde z_i}{V-1}\Big],\quad g = \frac{\tilde q-\tilde p}{T}`,
  },
  dist_inter: {
    loss: String.raw`L = T^2\,(1 - \rho(q, p)),\quad \rho \text{ over the classes}`,
    gradient: String.raw`${softenedRule},\quad a = -T^2\,\frac{\hat p^c - \rho\,\hat q^c}{\lVert q - \bar q\rVert}`,
  },
  dist_intra: {
    loss: String.raw`L = \frac{T^2}{V}\sum_j\big(1 - \rho(q_{\cdot j}, p_{\cdot j})\big),\quad \rho \text{ over the batch}`,
    gradient: String.raw`${softenedRule},\quad a_j = -\frac{T^2}{V}\,\frac{\hat p^c_{\cdot j} - \rho_j\,\hat q^c_{\cdot j}}{\lVert q_{\cdot j} - \bar q_{\cdot j}\rVert}`,
  },
  sorted_l1: {
    loss: String.raw`L = \sum_r |q_{(r)} - p_{(r)}|,\quad q_{(1)} \ge q_{(2)} \ge \dots`,
    gradient: String.raw`${softenedRule},\quad a_{\sigma(r)} = \operatorname{sign}(q_{(r)} - p_{(r)})`,
  },
  sparse_renormalise: {
    loss: String.raw`L = \sum_{i \in K} \tilde p_i(\log \tilde p_i - \log q_i),\quad \tilde p = \frac{p}{\sum_K p},\quad K\text{: the top } k`,
    gradient: String.raw`\frac{q_j - \tilde p_j}{T},\quad \tilde p_j = 0 \text{ off } K`,
  },
  sparse_tail: {
    loss: lines(
      String.raw`L = \sum_{i \in K} p_i \log\frac{p_i}{q_i} + p_t \log\frac{p_t}{q_t}`,
      String.raw`p_t = \sum_{i \notin K} p_i,\quad K\text{: the top } k`,
    ),
    gradient: String.raw`\frac{q_j - p_j}{T} \text{ on } K,\quad \frac{q_j - p_t\,\hat s_j}{T} \text{ off } K`,
  },
  sparse_tail_reverse: {
    loss: lines(
      String.raw`L = \sum_{i \in K} q_i \log\frac{q_i}{p_i} + q_t \log\frac{q_t}{p_t}`,
      String.raw`q_t = \sum_{i \notin K} q_i,\quad K\text{: the top } k \text{ of } p`,
    ),
    gradient: String.raw`\frac{1}{T}\,q_j\Big(r_j - \sum_i q_i r_i\Big),\quad r_j = \log\frac{q_j}{p_j} \text{ on } K,\ \log\frac{q_t}{p_t} \text{ off } K`,
  },
  sparse_renormalise_both: {
    loss: lines(
      String.raw`L = \sum_{i \in K} \tilde p_i(\log \tilde p_i - \log \tilde q_i)`,
      String.raw`\tilde p = \frac{p}{\sum_K p},\; \tilde q = \frac{q}{\sum_K q},\quad K\text{: the top } k`,
    ),
    gradient: String.raw`\frac{\tilde q_j - \tilde p_j}{T} \text{ on } K,\quad 0 \text{ off } K`,
  },
  hinge: {
    loss: lines(
      String.raw`L = \frac1P\sum_{p_r > p_s + \varepsilon}\max\big(0,\ m - (q_r - q_s)\big)`,
      String.raw`\text{over the } P \text{ such pairs among the top } k`,
    ),
    gradient: lines(
      String.raw`${softenedRule},\quad a_r = -\tfrac1P,\ a_s = \tfrac1P`,
      String.raw`\text{added up over the pairs that are not } m \text{ apart}`,
    ),
  },
  logistic_rank: {
    loss: lines(
      String.raw`L = \frac1P\sum_{p_r > p_s + \varepsilon}\log\big(1 + e^{-(z_r - z_s)}\big)`,
      String.raw`\text{over the } P \text{ such pairs among the top } k`,
    ),
    gradient: lines(
      String.raw`g_r = -\tfrac1P\,\sigma(z_s - z_r),\quad g_s = \tfrac1P\,\sigma(z_s - z_r)`,
      String.raw`\text{added up over the pairs}`,
    ),
  },
  hidden_mse: {
    loss: String.raw`L = \frac{\lVert W h - t\rVert^2}{d_t}`,
    gradient: String.raw`\frac{\partial L}{\partial s} = \frac{2}{d_t}(s - t),\quad s = W h`,
  },
  hidden_cosine: {
    loss: String.raw`L = 1 - \cos(W h, t)`,
    gradient: String.raw`\frac{\partial L}{\partial s} = -\frac{\hat t - \cos(s,t)\,\hat s}{\lVert s\rVert},\quad s = W h`,
  },
  hidden_normalised_mse: {
    loss: String.raw`L = \lVert \hat s - \hat t\rVert^2 = 2(1 - \cos(s, t)),\quad s = W h`,
    gradient: String.raw`\frac{\partial L}{\partial s} = -\frac{2(\hat t - \cos(s,t)\,\hat s)}{\lVert s\rVert}`,
  },
  gram: {
    loss: String.raw`L = \frac{1}{n^2}\Big\lVert \frac{S S^\top}{d_s} - \frac{T T^\top}{d_t}\Big\rVert^2`,
    gradient: String.raw`\frac{\partial L}{\partial S} = \frac{(D + D^\top)\,S}{d_s},\quad D = \frac{2}{n^2}(\cdot)`,
  },
  similarity_preserving: {
    loss: String.raw`L = \frac{1}{n^2}\lVert \hat G_s - \hat G_t\rVert^2,\quad \hat G = \text{rows of } F F^\top \text{, normalised}`,
    gradient: String.raw`\frac{\partial L}{\partial F} = (dG + dG^\top)\,F`,
  },
  mmd_rbf: {
    loss: String.raw`L = k(X,X) + k(Y,Y) - 2\,k(X,Y),\quad k = e^{-\lVert x - y\rVert^2/2\sigma^2}`,
    gradient: String.raw`\frac{\partial L}{\partial x} = -\frac{2}{n^2\sigma^2}\sum K(x - x') + \frac{2}{n m\sigma^2}\sum K(x - y)`,
  },
  relational: {
    loss: lines(
      String.raw`L = 25\,\operatorname{mean} h\Big(\frac{d_s}{\operatorname{mean} d_s} - \frac{d_t}{\operatorname{mean} d_t}\Big)`,
      String.raw`\quad +\; 50\,\operatorname{mean} h(\cos\angle_s - \cos\angle_t)`,
      String.raw`d\text{: distances of all pairs},\quad \angle\text{: angles of all triples}`,
      String.raw`h\text{: smooth } \ell_1`,
    ),
    gradient: String.raw`\text{through } d \text{ and } \angle \text{, to every state of the batch}`,
  },
  linear_cka: {
    loss: String.raw`L = 1 - \frac{\lVert T^\top S\rVert^2}{\lVert S^\top S\rVert\,\lVert T^\top T\rVert}`,
    gradient: String.raw`\text{through the centred features of the batch}`,
  },
  attention_kl: {
    loss: String.raw`L = \frac{1}{n}\sum \mathrm{KL}\big(A_t\,\Vert\,\operatorname{softmax}(Q K^\top/\sqrt d)\big)`,
    gradient: String.raw`\frac{\partial L}{\partial Q} = \frac{(A_s - A_t)\,K}{n\sqrt d}`,
  },
  value_relation_kl: {
    loss: String.raw`L = \frac{1}{n}\sum \mathrm{KL}(R_t\,\Vert\,R_s),\quad R = \operatorname{softmax}(V V^\top/\sqrt d)`,
    gradient: String.raw`\frac{\partial L}{\partial V} = \frac{(D + D^\top)\,V}{n\sqrt{d_s}},\quad D = R_s - R_t`,
  },
};

const formulas: ReadonlyMap<string, Tex> = new Map(Object.entries(table));

/** Undefined for an id without one. */
export function texOf(id: string): Tex | undefined {
  return formulas.get(id);
}
