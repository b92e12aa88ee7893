/// A decimal number as it is written, exactly: `mantissa × 10^exponent`, and the mantissa doesn't end in 0.
struct DecimalNumber {
    /// Which numbers are understood.
    enum Grammar {
        /// `-?(0|[1-9][0-9]*)(\.[0-9]+)?`, as JSON has it, but for the exponent.
        case plain
        /// A sign or none, digits with a decimal point anywhere or nowhere: the `signedNumber` of Kubernetes.
        case kubernetes
    }

    private(set) var isNegative = false
    private(set) var mantissa: UInt64 = 0
    private(set) var exponent = 0
    /// Whether there are more digits than 64 bits hold.
    private(set) var isTooLong = false
    private var pendingZeros = 0

    /// Reads the longest number at the beginning of a text.
    ///
    /// - Parameter rest: what follows it.
    /// - Returns: nil where there is none.
    init?(_ text: ArraySlice<UInt8>, _ grammar: Grammar, rest: inout ArraySlice<UInt8>) {
        var position = text.startIndex
        if position < text.endIndex,
            text[position] == UInt8(ascii: "-") || (grammar == .kubernetes && text[position] == UInt8(ascii: "+"))
        {
            isNegative = text[position] == UInt8(ascii: "-")
            position += 1
        }
        let start = position
        takeDigits(text, &position, areFraction: false)
        let wholeDigits = position - start
        if grammar == .plain, wholeDigits == 0 || (wholeDigits > 1 && text[start] == UInt8(ascii: "0")) {
            return nil
        }
        var decimals = 0
        if position < text.endIndex, text[position] == UInt8(ascii: ".") {
            let point = position
            position += 1
            takeDigits(text, &position, areFraction: true)
            decimals = position - point - 1
            if grammar == .plain, decimals == 0 {
                return nil
            }
        }
        guard wholeDigits + decimals > 0 else { return nil }
        rest = text[position...]
        if mantissa == 0 {
            exponent = 0
        } else {
            exponent += pendingZeros
        }
    }

    private mutating func takeDigits(_ text: ArraySlice<UInt8>, _ position: inout Int, areFraction: Bool) {
        while position < text.endIndex, Tokenizer.isDigit(text[position]) {
            let digit = UInt64(text[position] - UInt8(ascii: "0"))
            position += 1
            exponent -= areFraction ? 1 : 0
            guard digit > 0 else {
                pendingZeros += mantissa == 0 ? 0 : 1
                continue
            }
            for _ in 0..<min(pendingZeros, 20) {
                multiply(by: 10)
            }
            pendingZeros = 0
            multiply(by: 10)
            let (sum, overflow) = mantissa.addingReportingOverflow(digit)
            mantissa = sum
            isTooLong = isTooLong || overflow
        }
    }

    private mutating func multiply(by factor: UInt64) {
        let (product, overflow) = mantissa.multipliedReportingOverflow(by: factor)
        mantissa = product
        isTooLong = isTooLong || overflow
    }

    /// Takes the exponent (`e3`, `E-3`) at the beginning of a text, if there is one.
    mutating func takeExponent(_ text: inout ArraySlice<UInt8>) {
        guard let first = text.first, first | 0x20 == UInt8(ascii: "e") else { return }
        var digits = text.dropFirst()
        let sign = digits.first
        if sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            digits = digits.dropFirst()
        }
        guard let digit = digits.first, Tokenizer.isDigit(digit) else { return }
        var value = 0
        while let digit = digits.first, Tokenizer.isDigit(digit) {
            value = min(value * 10 + Int(digit - UInt8(ascii: "0")), 10_000_000)
            digits = digits.dropFirst()
        }
        text = digits
        if mantissa != 0 {
            exponent += sign == UInt8(ascii: "-") ? -value : value
        }
    }
}

extension DecimalNumber {
    /// The value times a power of ten; nil where that is no whole number, or none of 64 bits.
    func whole(timesTenTo power: Int = 0) -> Int? {
        guard !isTooLong, exponent + power >= 0 || mantissa == 0 else { return nil }
        var value = mantissa
        for _ in 0..<min(mantissa == 0 ? 0 : exponent + power, 20) {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            value = product
        }
        guard let magnitude = Int(exactly: value) else { return nil }
        return isNegative ? -magnitude : magnitude
    }

    /// Whether there is something after the decimal point besides zeros.
    var isFractional: Bool { exponent < 0 }

    /// Less than 0; -0 is not.
    var isBelowZero: Bool { isNegative && mantissa != 0 }
}
