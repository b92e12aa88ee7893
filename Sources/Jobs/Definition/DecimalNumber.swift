/// The exact value of a written decimal number: `mantissa × 10^exponent`. The mantissa does not end in 0.
package struct DecimalNumber {
    /// The accepted spellings of a number.
    package enum Grammar {
        /// `-?(0|[1-9][0-9]*)(\.[0-9]+)?`, JSON's number without an exponent.
        case plain
        /// An optional sign, and digits with an optional decimal point anywhere: the `signedNumber` of Kubernetes.
        case kubernetes
    }

    package private(set) var isNegative = false
    package private(set) var mantissa: UInt64 = 0
    package private(set) var exponent = 0
    /// Whether there are more digits than 64 bits hold.
    package private(set) var isTooLong = false
    private var pendingZeros = 0

    /// Reads the longest number at the beginning of a text.
    ///
    /// - Parameter rest: becomes the text after the number.
    /// - Returns: nil if the text does not begin with a number.
    package init?(_ text: ArraySlice<UInt8>, _ grammar: Grammar, rest: inout ArraySlice<UInt8>) {
        var position = text.startIndex
        if position < text.endIndex,
            text[position] == UInt8(ascii: "-") || (grammar == .kubernetes && text[position] == UInt8(ascii: "+"))
        {
            isNegative = text[position] == UInt8(ascii: "-")
            position += 1
        }
        let start = position
        readDigits(text, &position, areFraction: false)
        let wholeDigits = position - start
        if grammar == .plain, wholeDigits == 0 || (wholeDigits > 1 && text[start] == UInt8(ascii: "0")) {
            return nil
        }
        var decimals = 0
        if position < text.endIndex, text[position] == UInt8(ascii: ".") {
            let point = position
            position += 1
            readDigits(text, &position, areFraction: true)
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

    private mutating func readDigits(_ text: ArraySlice<UInt8>, _ position: inout Int, areFraction: Bool) {
        while position < text.endIndex, text[position].isDecimalDigit {
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

    /// Reads an optional exponent (`e3`, `E-3`) at the beginning of a text and removes it from the text.
    package mutating func readExponent(_ text: inout ArraySlice<UInt8>) {
        guard let first = text.first, first | 0x20 == UInt8(ascii: "e") else { return }
        var digits = text.dropFirst()
        let sign = digits.first
        if sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            digits = digits.dropFirst()
        }
        guard let digit = digits.first, digit.isDecimalDigit else { return }
        var value = 0
        while let digit = digits.first, digit.isDecimalDigit {
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
    /// The value times a power of ten; nil if that is not a whole number of 64 bits.
    package func whole(timesTenTo power: Int = 0) -> Int? {
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

    /// Whether a digit other than 0 follows the decimal point.
    package var isFractional: Bool { exponent < 0 }

    /// Whether the number is less than 0. `-0` is not.
    package var isBelowZero: Bool { isNegative && mantissa != 0 }
}
