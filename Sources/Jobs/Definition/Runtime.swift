/// The versions of Python and TensorFlow that a job needs.
public struct Runtime: Hashable, Sendable {
    /// The Python version, for example `3.11`.
    public let python: String
    /// The TensorFlow version, for example `2.21.0` or `2.21`. Nil: any version that the interpreter has.
    public let tensorflow: String?

    /// Creates a runtime from valid versions; ``init(_:)`` parses a text.
    public init(python: String, tensorflow: String? = nil) {
        self.python = python
        self.tensorflow = tensorflow
    }

    /// Parses `Python_<x.y>[+Tensorflow_<x.y[.z]>]`. Spaces around `+`, a space in place of `_`, and any case are
    /// accepted. The numbers of a version have one to four digits.
    ///
    /// - Returns: nil if the text is not a runtime.
    public init?(_ text: String) {
        var isCanonical = true
        self.init(Array(text.utf8)[...], &isCanonical)
    }

    /// Parses a runtime.
    ///
    /// - Parameters:
    ///   - text: its UTF-8 bytes.
    ///   - isCanonical: becomes false if the bytes differ from ``description``.
    package init?(_ text: ArraySlice<UInt8>, _ isCanonical: inout Bool) {
        var rest = text
        guard let python = Self.readVersion(of: "Python", components: 2...2, from: &rest, &isCanonical) else {
            return nil
        }
        self.python = python
        guard let next = rest.popFirst() else {
            tensorflow = nil
            return
        }
        guard next == UInt8(ascii: "+"),
            let version = Self.readVersion(of: "Tensorflow", components: 2...3, from: &rest, &isCanonical), rest.isEmpty
        else { return nil }
        tensorflow = version
    }

    private static func readVersion(
        of product: String,
        components: ClosedRange<Int>,
        from rest: inout ArraySlice<UInt8>,
        _ isCanonical: inout Bool
    ) -> String? {
        skipBlanks(from: &rest, &isCanonical)
        for letter in product.utf8 {
            // A letter and its capital differ in this bit alone.
            guard let byte = rest.popFirst(), byte | 0x20 == letter | 0x20 else { return nil }
            isCanonical = isCanonical && byte == letter
        }
        guard let separator = rest.popFirst(), separator == UInt8(ascii: "_") || separator == blank else { return nil }
        isCanonical = isCanonical && separator != blank
        let version = rest.prefix { $0.isDecimalDigit || $0 == UInt8(ascii: ".") }
        guard isVersion(version, components) else { return nil }
        rest = rest[version.endIndex...]
        skipBlanks(from: &rest, &isCanonical)
        return String(decoding: version, as: UTF8.self)
    }

    private static let blank = UInt8(ascii: " ")

    private static func skipBlanks(from rest: inout ArraySlice<UInt8>, _ isCanonical: inout Bool) {
        while rest.first == blank {
            rest.removeFirst()
            isCanonical = false
        }
    }

    /// Whether the text is numbers of one to four digits without leading zeros, with points between them.
    private static func isVersion(_ text: ArraySlice<UInt8>, _ components: ClosedRange<Int>) -> Bool {
        var (count, digits, isZero) = (1, 0, false)
        for byte in text {
            if byte == UInt8(ascii: ".") {
                guard digits > 0 else { return false }
                (count, digits, isZero) = (count + 1, 0, false)
            } else {
                guard !isZero, digits < 4 else { return false }
                isZero = digits == 0 && byte == UInt8(ascii: "0")
                digits += 1
            }
        }
        return digits > 0 && components.contains(count)
    }
}

extension Runtime: CustomStringConvertible {
    /// The canonical form.
    public var description: String {
        "Python_\(python)" + (tensorflow.map { "+Tensorflow_\($0)" } ?? "")
    }
}
