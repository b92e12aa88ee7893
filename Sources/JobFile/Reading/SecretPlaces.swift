import Jobs

/// The byte ranges of a job file that may hold secrets: all of `environment` in any spelling, and each value whose key
/// has a secret's name.
///
/// In a file that is not JSON the end of `environment` is unknown, so the range extends to the end of the file.
public struct SecretPlaces: Sendable {
    /// The ranges in the order of the file.
    private var ranges: [Range<Int>] = []

    /// Finds the ranges in a file.
    public init(in bytes: [UInt8]) {
        do throws(SyntaxError) {
            Self.collect(below: Tape.root, of: try Tokenizer.tape(of: bytes), into: &ranges)
        } catch {
            if let start = Self.firstMention(in: bytes) {
                ranges = [start..<bytes.count]
            }
        }
    }

    /// A part of the file in which `*` replaces each visible character of a secret.
    ///
    /// - Parameter part: a range that begins and ends between two characters.
    public func masked(_ part: Range<Int>, of bytes: [UInt8]) -> [UInt8] {
        var result = Array(bytes[part])
        for range in ranges.reversed() where range.overlaps(part) {
            let range = range.clamped(to: part)
            let shown = bytes[range].compactMap { byte -> UInt8? in
                switch byte {
                case 0x09, 0x0A, 0x0D, 0x20: byte
                case 0x80..<0xC0: nil
                default: UInt8(ascii: "*")
                }
            }
            result.replaceSubrange(range.lowerBound - part.lowerBound..<range.upperBound - part.lowerBound, with: shown)
        }
        return result
    }

    /// Whether a JSON Pointer leads into a value that may be the environment.
    static func isWithinVariables(_ pointer: String) -> Bool {
        let parts = pointer.split(separator: "/")
        return parts.count > 1 && parts.dropLast().contains { meansVariables(Array($0.utf8)) }
    }

    /// Collects the ranges below a value of a JSON text.
    private static func collect(below token: Int, of tape: Tape, into ranges: inout [Range<Int>]) {
        switch tape.kind(token) {
        case .object:
            var key = token + 1
            while key < tape.after(token) {
                let (name, value) = (Array(tape.value(key)), key + 1)
                if meansVariables(name)
                    || (tape.isString(value) && Job.namesSecret(String(decoding: name, as: UTF8.self)))
                {
                    ranges.append(tape.extent(value))
                } else {
                    collect(below: value, of: tape, into: &ranges)
                }
                key = tape.after(value)
            }
        case .array:
            var element = token + 1
            while element < tape.after(token) {
                collect(below: element, of: tape, into: &ranges)
                element = tape.after(element)
            }
        case .string, .escapedString, .number, .yes, .no, .null: break
        }
    }

    /// The index after the first word that may be the key `environment`: in quotes, or before a colon, a bracket or an
    /// equals sign.
    private static func firstMention(in bytes: [UInt8]) -> Int? {
        var index = 0
        while index < bytes.count {
            let start = index
            var word: [UInt8] = []
            while let (letter, length) = letter(in: bytes, at: index) {
                word.append(letter)
                index += length
            }
            guard index > start else {
                index += 1
                continue
            }
            guard word.count < 40, meansVariables(word) else { continue }
            let quotes: [UInt8] = [UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`")]
            let isQuoted = start > 0 && quotes.contains(bytes[start - 1])
            let next = bytes[index...].first { !quotes.contains($0) && ![0x09, 0x0A, 0x0D, 0x20].contains($0) }
            if isQuoted || [UInt8(ascii: ":"), UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "=")].contains(next) {
                return index
            }
        }
        return nil
    }

    /// The ASCII letter at an index, plain or escaped.
    private static func letter(in bytes: [UInt8], at index: Int) -> (UInt8, length: Int)? {
        func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) }
        guard index < bytes.count else { return nil }
        if isLetter(bytes[index]) { return (bytes[index], 1) }
        guard bytes[index] == UInt8(ascii: "\\"), index + 6 <= bytes.count, bytes[index + 1] == UInt8(ascii: "u"),
            let unit = Escape.codeUnit(bytes[...], at: index + 2), let byte = UInt8(exactly: unit), isLetter(byte)
        else { return nil }
        return (byte, 6)
    }

    /// Whether a key may mean `environment`: a misspelling, a short form, another case.
    private static func meansVariables(_ key: [UInt8]) -> Bool {
        guard (3...40).contains(key.count) else { return false }
        let word = String(decoding: key, as: UTF8.self).lowercased()
        return word.hasPrefix("env")
            || ((8...14).contains(key.count) && Suggestion.closest(to: word, among: ["environment"]) != nil)
    }
}

extension Tape {
    /// The bytes of a value: a string with its quotes, an object or list up to the next value.
    fileprivate func extent(_ token: Int) -> Range<Int> {
        let next = after(token)
        return switch kind(token) {
        case .object, .array: offset(token)..<(next < tokens.count ? offset(next) : bytes.count)
        case .string, .escapedString, .number, .yes, .no, .null: offset(token)..<Int(tokens[token].end)
        }
    }
}
