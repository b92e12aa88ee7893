extension MemoryQuantity {
    /// The least that a number without a unit may be, in bytes. `2048` is a slip for `2048Mi`, `2147483648` is not.
    package static let leastWithoutUnit = 1_000_000

    /// The suffixes of Kubernetes quantities, as a factor and a power of ten.
    ///
    /// <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>
    package static let units: [(suffix: String, factor: UInt128, power: Int)] = [
        ("Mi", 1 << 20, 0), ("Gi", 1 << 30, 0), ("Ki", 1 << 10, 0), ("Ti", 1 << 40, 0), ("Pi", 1 << 50, 0),
        ("Ei", 1 << 60, 0),
        ("", 1, 0), ("k", 1, 3), ("M", 1, 6), ("G", 1, 9), ("T", 1, 12), ("P", 1, 15), ("E", 1, 18), ("m", 1, -3),
    ]

    /// Reads a Kubernetes quantity of bytes: `2048Mi`, `2Gi`, `1.5G`, `2147483648`, `2e9`.
    ///
    /// A part of a byte counts as a whole one, as in Kubernetes.
    ///
    /// - Throws: where the text is none, is less than 0, is 8 Ei or more; and where it has no unit and is less than
    ///   1 MB, which Kubernetes takes and nobody means. The same goes for `512m`, which is half a byte.
    public init(_ text: String) throws(QuantityError) {
        let bytes = Array(text.utf8)
        self = try Self(bytes[...], shown: text)
    }

    package init(_ text: ArraySlice<UInt8>, shown: String) throws(QuantityError) {
        var rest = text
        guard var number = DecimalNumber(text, .kubernetes, rest: &rest) else { throw Self.unreadable(shown) }
        let beforeExponent = rest.count
        number.readExponent(&rest)
        let suffix = rest
        guard let unit = Self.units.first(where: { suffix.elementsEqual($0.suffix.utf8) }),
            beforeExponent == rest.count || rest.isEmpty
        else { throw Self.unreadable(shown) }
        guard !number.isBelowZero else {
            throw QuantityError(
                message: "\(Quoted.text(shown)) is less than 0: write what one replica needs, \"2048Mi\", say"
            )
        }
        guard let bytes = Self.bytes(number, unit.factor, unit.power) else {
            throw QuantityError(
                message: "\(Quoted.text(shown)) is too much or too exact: write what one replica needs, \"2048Mi\", say"
            )
        }
        guard bytes == 0 || bytes >= Self.leastWithoutUnit || (unit.factor > 1 || unit.power > 0) else {
            throw Self.withoutUnit(shown, isMilli: unit.power < 0)
        }
        self.init(bytes: bytes, text: shown)
    }

    /// Rounds up; nil where there are too many digits, or too many bytes for 64 bits.
    private static func bytes(_ number: DecimalNumber, _ factor: UInt128, _ power: Int) -> Int? {
        guard !number.isTooLong else { return nil }
        guard number.mantissa > 0 else { return 0 }
        let value = UInt128(number.mantissa) * factor
        let exponent = number.exponent + power
        guard exponent >= -38 else { return 1 }
        guard exponent <= 18 else { return nil }
        var scale: UInt128 = 1
        for _ in 0..<abs(exponent) {
            scale *= 10
        }
        guard exponent < 0 else {
            let (product, overflow) = value.multipliedReportingOverflow(by: scale)
            return overflow ? nil : Int(exactly: product)
        }
        return Int(exactly: value / scale + (value % scale > 0 ? 1 : 0))
    }

    private static func withoutUnit(_ text: String, isMilli: Bool) -> QuantityError {
        let digits = isMilli ? String(text.dropLast()) : text
        guard isMilli else { return QuantityError(message: "memory needs a unit: write \(Quoted.text(digits + "Mi"))") }
        return QuantityError(message: "\"m\" is a thousandth of a byte: write \(Quoted.text(digits + "Mi"))")
    }

    private static func unreadable(_ text: String) -> QuantityError {
        let advice = likely(text).map { "did you mean \"\($0)\"?" } ?? "write \"2048Mi\" or \"2Gi\", say"
        return QuantityError(message: "\(Quoted.text(text)) is no amount of memory: \(advice)")
    }

    /// What was probably meant by `2gb`, `2 GiB`, `2048mi`.
    private static func likely(_ text: String) -> String? {
        guard text.utf8.count <= 32 else { return nil }
        let letters = text.filter { !$0.isWhitespace }
        let number = letters.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard !number.isEmpty, number.split(separator: ".", omittingEmptySubsequences: false).count <= 2 else {
            return nil
        }
        var unit = letters.dropFirst(number.count).lowercased()
        for ending in ["bytes", "byte", "b"] where unit.hasSuffix(ending) {
            unit.removeLast(ending.count)
            break
        }
        guard !unit.isEmpty, let known = units.first(where: { $0.suffix.lowercased() == unit && $0.power >= 0 }) else {
            return nil
        }
        return String(number) + known.suffix
    }
}
