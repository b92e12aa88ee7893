import Jobs

/// A whole number, as a number or as a decimal string: `2`, `"2"`, `"2.000"`.
struct IntegerShape: Shape {
    let range: ClosedRange<Int>

    func readValue(_ token: Int, _ reader: inout Reader) -> Int? {
        guard reader.tape.kind(token) == .number || reader.tape.isString(token) else {
            reader.refuse(token, wanted: "a whole number\(bounds)")
            return nil
        }
        let text = reader.tape.value(token)
        if let digit = text.first, text.count == 1, digit.isDecimalDigit, range.contains(Int(digit - 48)) {
            return Int(digit - 48)
        }
        var rest = text
        guard var number = DecimalNumber(text, .plain, rest: &rest) else {
            reader.error(
                at: token,
                "\(reader.shown(token)) is no number: write a whole number\(bounds) in plain digits"
            )
            return nil
        }
        if reader.tape.kind(token) == .number {
            number.readExponent(&rest)
        }
        guard rest.isEmpty else {
            reader.error(
                at: token,
                "\(reader.shown(token)) is no number: write a whole number\(bounds) in plain digits"
            )
            return nil
        }
        guard !number.isFractional else {
            reader.error(at: token, "\(reader.shown(token)) is a fraction: write a whole number\(bounds)")
            return nil
        }
        let value = number.whole()
        guard let value, range.contains(value) else {
            let isTooSmall = number.isNegative || value.map { $0 < range.lowerBound } == true
            reader.error(
                at: token,
                "\(reader.shown(token)) is too \(isTooSmall ? "small" : "large"): write a whole number\(bounds)"
            )
            return nil
        }
        return value
    }

    private var bounds: String {
        switch (range.lowerBound, range.upperBound) {
        case (let low, Int(Int32.max)) where low >= 0: " from \(low) on"
        default: " from \(range.lowerBound) to \(range.upperBound)"
        }
    }

    var schema: JSONNode {
        [
            "type": ["integer", "string"],
            "minimum": .integer(range.lowerBound),
            "maximum": .integer(range.upperBound),
            "pattern": .string(pattern),
        ]
    }

    /// The pattern of strings. Only the reader checks the exact bounds.
    private var pattern: String {
        let digits = String(range.upperBound).count
        let positive = digits > 2 ? "[1-9][0-9]{0,\(digits - 1)}" : "[1-9][0-9]?"
        let zero = range.contains(0) ? "-?0|" : ""
        return "^(\(zero)\(range.lowerBound < 0 ? "-?" : "")\(positive))(\\.0+)?$"
    }
}

extension Reader {
    /// A scalar in the form for messages.
    func shown(_ token: Int) -> String { Quoted.text(tape.text(token)) }
}

/// Cores: `"1.000"`, `"0.5"`, `"500m"`, `2`.
struct CPUShape: Shape {
    func readValue(_ token: Int, _ reader: inout Reader) -> CPUQuantity? {
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
    func readValue(_ token: Int, _ reader: inout Reader) -> MemoryQuantity? {
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
