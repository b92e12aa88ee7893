import Jobs

/// Quantities as the API server writes them, so that what it keeps is what we wrote.
///
/// Source: <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>, "canonical form".
enum Quantity {
    /// Whole cores, or thousandths with `m`.
    static func cpu(_ quantity: CPUQuantity) -> String {
        quantity.millicores % 1000 == 0 ? String(quantity.millicores / 1000) : "\(quantity.millicores)m"
    }

    /// The largest unit that leaves a whole number, binary where it was written so.
    static func memory(_ quantity: MemoryQuantity) -> String {
        let isBinary = quantity.text.hasSuffix("i")
        let units = isBinary ? ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"] : ["", "k", "M", "G", "T", "P", "E"]
        let step = isBinary ? 1024 : 1000
        var value = quantity.bytes
        var unit = 0
        while value != 0, value % step == 0, unit + 1 < units.count {
            value /= step
            unit += 1
        }
        return "\(value)\(units[unit])"
    }

    /// Requests and limits are the same: a replica gets what the job says, neither less nor more.
    static func resources(_ resources: Resources) -> JSONValue {
        var amounts: [String: JSONValue] = [
            "cpu": .string(cpu(resources.cpu)), "memory": .string(memory(resources.memory)),
        ]
        if resources.gpu > 0 {
            // https://kubernetes.io/docs/tasks/manage-gpus/scheduling-gpus/
            amounts["nvidia.com/gpu"] = .string(String(resources.gpu))
        }
        return ["limits": .object(amounts), "requests": .object(amounts)]
    }
}
