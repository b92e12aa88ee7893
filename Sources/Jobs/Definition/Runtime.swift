/// The interpreter that runs a job's script, and the TensorFlow that it finds there.
public struct Runtime: Hashable, Sendable {
    /// `3.11`, say.
    public let python: String
    /// `2.21.0` or `2.21`, say. Nil: whatever the interpreter has.
    public let tensorflow: String?

    /// Makes a runtime of versions that are known to be some; ``init(_:)`` reads a text.
    public init(python: String, tensorflow: String? = nil) {
        self.python = python
        self.tensorflow = tensorflow
    }

    /// Reads `Python_<x.y>[+Tensorflow_<x.y[.z]>]`; blanks around `+` and in place of `_` read as the
    /// same, and so does any case. A version's numbers have one to four digits.
    ///
    /// - Returns: nil where the text is not a runtime.
    public init?(_ text: String) {
        let parts = text.split(separator: "+", omittingEmptySubsequences: false)
        guard let first = parts.first, parts.count <= 2,
            let python = Self.version(of: "python", in: first, components: 2...2)
        else { return nil }
        self.python = python
        guard parts.count == 2 else {
            tensorflow = nil
            return
        }
        guard let version = Self.version(of: "tensorflow", in: parts[1], components: 2...3) else { return nil }
        tensorflow = version
    }

    private static func version(of product: String, in part: Substring, components: ClosedRange<Int>) -> String? {
        let word = part.drop { $0 == " " }
        guard word.utf8.count <= 64, word.prefix(product.utf8.count).lowercased() == product else { return nil }
        let separator = word.dropFirst(product.utf8.count)
        guard let first = separator.utf8.first, first == UInt8(ascii: "_") || first == UInt8(ascii: " ") else {
            return nil
        }
        var version = separator.dropFirst()
        while version.utf8.last == UInt8(ascii: " ") {
            version.removeLast()
        }
        let numbers = version.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return components.contains(numbers.count) && numbers.allSatisfy(isNumber) ? String(version) : nil
    }

    /// One to four digits, without a leading zero.
    private static func isNumber(_ digits: Substring.UTF8View) -> Bool {
        (1...4).contains(digits.count) && (digits.count == 1 || digits.first != UInt8(ascii: "0"))
            && digits.allSatisfy { Tokenizer.isDigit($0) }
    }
}

extension Runtime: CustomStringConvertible {
    /// The canonical form.
    public var description: String {
        "Python_\(python)" + (tensorflow.map { "+Tensorflow_\($0)" } ?? "")
    }
}
