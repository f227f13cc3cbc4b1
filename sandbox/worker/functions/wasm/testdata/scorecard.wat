;; A scorecard: points for visits and spend, and a factor for the region.
(module
  (memory 1)
  (data (i32.const 0) "\00\00\00\00\00\00\f8\3f\00\00\00\00\00\00\e8\3f") ;; 1.5 and 0.75
  (func (export "score") (param $visits i64) (param $spend f64) (param $region i32) (result f64)
    ;; The place among the declared values, ["north", "south"]; -1 for any other text.
    (if (result f64) (i32.ge_s (local.get $region) (i32.const 0))
      (then (f64.load (i32.mul (local.get $region) (i32.const 8))))
      (else (f64.const 1)))
    (if (result f64) (i64.gt_s (local.get $visits) (i64.const 10))
      (then (f64.const 40))
      (else (f64.mul (f64.const 4) (f64.convert_i64_s (local.get $visits)))))
    (f64.add (f64.mul (f64.const 0.1) (local.get $spend)))
    (f64.mul)))
