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
        let parts = text.utf8.split(separator: UInt8(ascii: "+"), omittingEmptySubsequences: false)
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

    private static func version(
        of product: StaticString,
        in part: Substring.UTF8View,
        components: ClosedRange<Int>
    ) -> String? {
        let blank = UInt8(ascii: " ")
        let word = part.drop { $0 == blank }
        let name = "\(product)".utf8
        // A letter and its capital differ in this bit alone.
        guard word.count <= 64, word.prefix(name.count).lazy.map({ $0 | 0x20 }).elementsEqual(name) else { return nil }
        let separator = word.dropFirst(name.count)
        guard let first = separator.first, first == UInt8(ascii: "_") || first == blank else { return nil }
        var version = separator.dropFirst()
        while version.last == blank {
            version.removeLast()
        }
        let numbers = version.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return components.contains(numbers.count) && numbers.allSatisfy(isNumber) ? String(Substring(version)) : nil
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
