import Jobs

/// Cores: `"1.000"`, `"0.5"`, `"500m"`, `2`.
struct CPUShape: Shape {
    func read(_ token: Int, _ reader: inout Reader) -> CPUQuantity? {
        let isNumber = reader.tape.kind(token) == .number
        guard isNumber || reader.tape.isString(token) else {
            reader.refuse(token, wanted: "how many cores one replica needs, \"1.000\", say")
            return nil
        }
        do throws(QuantityError) {
            return try CPUQuantity(reader.tape.value(token), allowsExponent: isNumber)
        } catch {
            reader.error(at: token, error.message)
            return nil
        }
    }

    var schema: JSONNode {
        let cores = "(0|[1-9][0-9]{0,6})(\\.[0-9]{1,3}0*)?"
        let thousandths = "(0|[1-9][0-9]{0,9})(\\.0+)?m"
        return [
            "type": ["number", "string"],
            "minimum": 0,
            "maximum": .integer(CPUQuantity.most / 1000),
            "pattern": .string("^(-?0(\\.0+)?m?|\(cores)|\(thousandths))$"),
        ]
    }
}

/// Bytes, as a Kubernetes quantity: `"2048Mi"`, `"2Gi"`, `2147483648`.
struct MemoryShape: Shape {
    func read(_ token: Int, _ reader: inout Reader) -> MemoryQuantity? {
        guard reader.tape.kind(token) == .number || reader.tape.isString(token) else {
            reader.refuse(token, wanted: "how much memory one replica needs, \"2048Mi\", say")
            return nil
        }
        do throws(QuantityError) {
            return try MemoryQuantity(reader.tape.value(token), shown: reader.tape.text(token))
        } catch {
            reader.error(at: token, error.message)
            return nil
        }
    }

    var schema: JSONNode {
        let number = "([0-9]+(\\.[0-9]*)?|\\.[0-9]+)"
        let nothing = "[-+]?(0+(\\.0*)?|\\.0+)"
        let ending = "([KMGTPE]i|[kMGTPE]|m|[eE][-+]?[0-9]+)"
        let large = "0*[1-9][0-9]{6,}(\\.[0-9]*)?"
        return [
            "type": ["number", "string"],
            "minimum": 0,
            "maximum": .integer(Int.max),
            "not": [
                "type": "number", "exclusiveMinimum": 0,
                "maximum": .integer(MemoryQuantity.leastWithoutUnit - 1),
            ],
            "pattern": .string("^(\(nothing)\(ending)?|\\+?(\(number)\(ending)|\(large)))$"),
        ]
    }
}
