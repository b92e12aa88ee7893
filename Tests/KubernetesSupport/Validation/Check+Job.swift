extension Check {
    /// Source: `validateJobSpec`, `validatePodFailurePolicy` and `ValidateJobSpecUpdate`,
    /// <https://github.com/kubernetes/kubernetes/blob/v1.32.0/pkg/apis/batch/validation/validation.go>, read as of about 1.31. Limits that only count with
    /// `backoffLimitPerIndex` are left out.
    mutating func job(_ job: JSONTree, replacing old: JSONTree?) {
        let spec = job.spec
        for name in [
            "parallelism", "completions", "backoffLimit", "ttlSecondsAfterFinished", "backoffLimitPerIndex",
            "maxFailedIndexes", "activeDeadlineSeconds",
        ] {
            notNegative("spec.\(name)", spec[name] ?? .null)
        }
        completions(job)
        if spec.template.spec.restartPolicy == "Always" {
            // What was not written has become this before it is checked.
            required("spec.template.spec.restartPolicy", #"valid values: "OnFailure", "Never""#)
        }
        if !spec.podFailurePolicy.isNull, spec.podReplacementPolicy != "Failed" {
            unsupported("spec.podReplacementPolicy", spec.podReplacementPolicy, ["Failed"])
        }
        podSpec(spec.template.spec, at: "spec.template.spec")
        labels(spec.template.metadata.labels, at: "spec.template.metadata.labels")
        failurePolicy(spec)
        if let old { jobUpdate(from: old.spec, to: spec) }
    }

    private mutating func completions(_ job: JSONTree) {
        let spec = job.spec
        switch spec.completionMode.text {
        case "Indexed":
            guard let completions = spec.completions.int else {
                required("spec.completions", "when completion mode is Indexed")
                return
            }
            if spec.parallelism.int ?? 0 > 100_000 {
                invalid(
                    "spec.parallelism",
                    spec.parallelism,
                    "must be less than or equal to 100000 when completion mode is Indexed"
                )
            }
            // The pods' host names are made of it.
            let host = "\(job.metadata.name.text ?? "")-\(max(0, completions - 1))"
            if completions > 0, let fault = Names.faultOfLabel(host) {
                invalid(
                    "metadata.name",
                    job.metadata.name,
                    "will not able to create pod with invalid DNS label: \(host): \(fault)"
                )
            }
        case "NonIndexed":
            if !spec.backoffLimitPerIndex.isNull {
                invalid("spec.backoffLimitPerIndex", spec.backoffLimitPerIndex, "requires indexed completion mode")
            }
            if !spec.successPolicy.isNull {
                invalid("spec.successPolicy", spec.successPolicy, "requires indexed completion mode")
            }
        default: unsupported("spec.completionMode", spec.completionMode, ["Indexed", "NonIndexed"])
        }
    }

    private mutating func failurePolicy(_ spec: JSONTree) {
        guard !spec.podFailurePolicy.isNull else { return }
        if spec.template.spec.restartPolicy != "Never" {
            invalid(
                "spec.template.spec.restartPolicy",
                spec.template.spec.restartPolicy,
                "only \"Never\" is supported when podFailurePolicy is specified"
            )
        }
        let containers = (spec.template.spec.containers.elements + spec.template.spec.initContainers.elements)
            .compactMap(\.name.text)
        for (index, rule) in spec.podFailurePolicy.rules.elements.enumerated() {
            let field = "spec.podFailurePolicy.rules[\(index)]"
            if rule.action == "FailIndex", spec.backoffLimitPerIndex.isNull {
                invalid("\(field).action", rule.action, "requires the backoffLimitPerIndex to be set")
            }
            let hasConditions = !rule.onPodConditions.elements.isEmpty
            if hasConditions, !rule.onExitCodes.isNull {
                invalid(field, rule, "specifying both OnExitCodes and OnPodConditions is not supported")
            } else if !hasConditions, rule.onExitCodes.isNull {
                invalid(field, rule, "specifying one of OnExitCodes and OnPodConditions is required")
            }
            if !["FailJob", "FailIndex", "Ignore", "Count"].contains(rule.action.text ?? "") {
                unsupported("\(field).action", rule.action, ["Count", "FailIndex", "FailJob", "Ignore"])
            }
            let codes = rule.onExitCodes
            guard !codes.isNull else { continue }
            if !["In", "NotIn"].contains(codes.operator.text ?? "") {
                unsupported("\(field).onExitCodes.operator", codes.operator, ["In", "NotIn"])
            }
            if let name = codes.containerName.text, !containers.contains(name) {
                invalid(
                    "\(field).onExitCodes.containerName",
                    codes.containerName,
                    "must be one of the container or initContainer names in the pod template"
                )
            }
            if !(1...255).contains(codes.values.elements.count) {
                invalid("\(field).onExitCodes.values", codes.values, "must have between 1 and 255 items")
            }
            let numbers = codes.values.elements.compactMap(\.int)
            if numbers != numbers.sorted() { invalid("\(field).onExitCodes.values", codes.values, "must be ordered") }
            if Set(numbers).count < numbers.count {
                invalid("\(field).onExitCodes.values", codes.values, "Duplicate value")
            }
            if codes.operator == "In", numbers.contains(0) {
                invalid("\(field).onExitCodes.values", 0, "must not be 0 for the In operator")
            }
        }
    }

    /// What of a Job is decided when it is made. The template of one that is suspended and never ran may change its scheduling; that is
    /// left out here, so it is refused.
    private mutating func jobUpdate(from old: JSONTree, to new: JSONTree) {
        for name in [
            "selector", "completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy",
        ] {
            immutable("spec.\(name)", old[name] ?? .null, new[name] ?? .null)
        }
        if new.completionMode != "Indexed" {
            immutable("spec.completions", old.completions, new.completions)
        } else if old.completions != new.completions, new.completions != new.parallelism {
            invalid("spec.completions", new.completions, "can only be modified in tandem with spec.parallelism")
        }
        immutable("spec.template", old.template, new.template)
    }
}
