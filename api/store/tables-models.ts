/** A model that was trained; what it has learnt is a detail of it. */
export type ModelsTable = {
  model_id: string;
  collaboration_id: string;
  display_name: string;
  /** The member of the principal who trained it. */
  definer: string;
  /** The member whose model it is; the definer itself but for an ISV. */
  owner: string;
  /** Tables that it learnt from, with the dataset that each was then: a JSON object. */
  datasets: string;
  /** The questions that it was made of, in their order: a JSON array. */
  query_ids: string;
  /** What all of them were charged. */
  price_epsilon: number;
  price_delta: number;
  price_rho: number;
  trained_at_ms: number;
  leaf_index: number;
};

/** The tables of models. */
export type ModelTables = { models: ModelsTable };
