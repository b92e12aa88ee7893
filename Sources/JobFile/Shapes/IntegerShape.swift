import Jobs

/// A whole number, as a number or as a decimal string: `2`, `"2"`, `"2.000"`.
struct IntegerShape: Shape {
    let range: ClosedRange<Int>

    func read(_ token: Int, _ reader: inout Reader) -> Int? {
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

    /// Of the strings. The upper bound is left to the reader but where it has few digits.
    private var pattern: String {
        let digits = String(range.upperBound).count
        let positive = digits > 2 ? "[1-9][0-9]{0,\(digits - 1)}" : "[1-9][0-9]?"
        let zero = range.contains(0) ? "-?0|" : ""
        return "^(\(zero)\(range.lowerBound < 0 ? "-?" : "")\(positive))(\\.0+)?$"
    }
}

extension Reader {
    /// A scalar as a message shows it.
    func shown(_ token: Int) -> String { Quoted.text(tape.text(token)) }
}
