extension CPUQuantity {
    /// The most: a million cores.
    package static let most = 1_000_000_000

    /// Reads cores (`1.000`, `0.5`, `2`) or thousandths of a core (`500m`).
    ///
    /// - Throws: where the text is none of these, is less than 0, finer than a thousandth, or more than a
    ///   million cores.
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
