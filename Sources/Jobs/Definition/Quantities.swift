/// An amount of processor time, in thousandths of a core.
public struct CPUQuantity: Hashable, Sendable, Comparable {
    /// 1000 are one core.
    public let millicores: Int

    /// Creates an amount from a number; ``init(_:)`` parses a text.
    public init(millicores: Int) {
        self.millicores = millicores
    }

    /// The smaller amount comes first.
    public static func < (left: Self, right: Self) -> Bool { left.millicores < right.millicores }
}

extension CPUQuantity: CustomStringConvertible {
    /// Cores with three decimals: `1.500`.
    public var description: String {
        let rest = String(millicores % 1000)
        return "\(millicores / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
    }
}

extension CPUQuantity {
    /// The maximum: a million cores.
    package static let most = 1_000_000_000

    /// Parses cores (`1.000`, `0.5`, `2`) or thousandths of a core (`500m`).
    ///
    /// - Throws: if the text is not an amount, is less than 0, finer than a thousandth, or more than a million cores.
    public init(_ text: String) throws(QuantityError) {
        let bytes = Array(text.utf8)
        self = try Self(bytes[...], allowsExponent: false)
    }

    package init(_ text: ArraySlice<UInt8>, allowsExponent: Bool) throws(QuantityError) {
        var rest = text
        guard var number = DecimalNumber(text, .plain, rest: &rest) else { throw Self.unreadable(text) }
        if allowsExponent {
            number.readExponent(&rest)
        }
        let isMilli = rest.elementsEqual([UInt8(ascii: "m")])
        guard rest.isEmpty || isMilli else { throw Self.unreadable(text) }
        guard !number.isBelowZero else {
            throw QuantityError(
                message: "\(Self.shown(text)) is less than 0: write how many cores one replica needs, \"0.500\", say"
            )
        }
        guard number.isTooLong || number.mantissa == 0 || number.exponent + (isMilli ? 0 : 3) >= 0 else {
            throw QuantityError(
                message: "\(Self.shown(text)) is finer than a thousandth of a core: write \"0.001\" or more"
            )
        }
        guard let millicores = number.whole(timesTenTo: isMilli ? 0 : 3), millicores <= Self.most else {
            throw QuantityError(
                message: "\(Self.shown(text)) is more than a million cores: write what one replica needs"
            )
        }
        self.init(millicores: millicores)
    }

    private static func unreadable(_ text: ArraySlice<UInt8>) -> QuantityError {
        QuantityError(message: "\(shown(text)) is no number of cores: write \"1.000\", \"0.5\" or \"500m\", say")
    }

    private static func shown(_ text: ArraySlice<UInt8>) -> String {
        Quoted.text(String(decoding: text, as: UTF8.self))
    }
}

/// An amount of memory. It keeps the written text and is compared by its bytes: `2Gi` equals `2048Mi`.
public struct MemoryQuantity: Sendable {
    /// At least 0. Sums over replicas and jobs may exceed 64 bits.
    public let bytes: Int
    /// A Kubernetes quantity: <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>.
    public let text: String

    /// Creates an amount from bytes and their text; ``init(_:)`` parses a text.
    public init(bytes: Int, text: String) {
        self.bytes = bytes
        self.text = text
    }
}

extension MemoryQuantity: Hashable, Comparable, CustomStringConvertible {
    /// By bytes: `2Gi` equals `2048Mi`.
    public static func == (left: Self, right: Self) -> Bool { left.bytes == right.bytes }

    /// By bytes.
    public static func < (left: Self, right: Self) -> Bool { left.bytes < right.bytes }

    /// By bytes, like equality.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(bytes)
    }

    /// The written text.
    public var description: String { text }
}

extension MemoryQuantity {
    /// The smallest amount without a unit, in bytes. `2048` is a slip for `2048Mi`; `2147483648` is not.
    package static let leastWithoutUnit = 1_000_000

    /// The suffixes of Kubernetes quantities, as a factor and a power of ten.
    ///
    /// <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>
    package static let units: [(suffix: String, factor: UInt128, power: Int)] = [
        ("Mi", 1 << 20, 0), ("Gi", 1 << 30, 0), ("Ki", 1 << 10, 0), ("Ti", 1 << 40, 0), ("Pi", 1 << 50, 0),
        ("Ei", 1 << 60, 0),
        ("", 1, 0), ("k", 1, 3), ("M", 1, 6), ("G", 1, 9), ("T", 1, 12), ("P", 1, 15), ("E", 1, 18), ("m", 1, -3),
    ]

    /// Parses a Kubernetes quantity of bytes: `2048Mi`, `2Gi`, `1.5G`, `2147483648`, `2e9`.
    ///
    /// A part of a byte counts as a whole byte, as in Kubernetes.
    ///
    /// - Throws: if the text is not an amount, is less than 0, or is 8 Ei or more. Also for less than 1 MB without a
    ///   unit and for `512m`, which is half a byte: Kubernetes accepts them, but they are mistakes.
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

    /// Rounds up. Returns nil for too many digits or for more bytes than 64 bits hold.
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

    /// The quantity that `2gb`, `2 GiB` or `2048mi` probably means.
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

/// Why a text is not a valid amount.
public struct QuantityError: Error, Hashable, Sendable {
    /// A sentence that says what to write instead.
    public let message: String
}
