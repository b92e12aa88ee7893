import Jobs

/// A list of strings; with a warning also one string, which is split into words like a shell does.
struct ArgumentsShape: Shape {
    /// The maximum number of arguments.
    static let most = 4096
    /// In bytes: Linux's `MAX_ARG_STRLEN` without the closing NUL.
    static let longest = 131_071

    func readValue(_ token: Int, _ reader: inout Reader) -> [String]? {
        if reader.tape.isString(token) {
            return split(token, &reader)
        }
        guard reader.tape.kind(token) == .array else {
            reader.refuse(token, wanted: "a list of strings, [\"--epochs=3\"], say")
            return nil
        }
        var arguments: [String] = []
        var element = token + 1
        let end = reader.tape.after(token)
        while element < end {
            if arguments.count == Self.most {
                reader.error(
                    at: element,
                    "there are more than \(Self.most) arguments: write them to a file that the script reads"
                )
                return nil
            }
            arguments.append(argument(element, &reader) ?? "")
            element = reader.tape.after(element)
        }
        return arguments
    }

    private func argument(_ token: Int, _ reader: inout Reader) -> String? {
        guard reader.tape.isString(token) else {
            let isScalar = [.number, .yes, .no].contains(reader.tape.kind(token))
            reader.refuse(
                token,
                wanted: isScalar ? "it in quotes, \(reader.shown(token))" : "a string, \"--epochs=3\", say"
            )
            reader.refuseRepeats(below: token)
            return nil
        }
        let text = reader.tape.text(token)
        if let fault = Self.fault(of: text) {
            reader.error(at: token, fault)
        }
        return text
    }

    private func split(_ token: Int, _ reader: inout Reader) -> [String]? {
        do throws(ShellWords.Fault) {
            let words = try ShellWords.split(reader.tape.text(token))
            guard words.count <= Self.most else {
                reader.error(
                    at: token,
                    "there are more than \(Self.most) arguments: write them to a file that the script reads"
                )
                return nil
            }
            if let fault = words.lazy.compactMap(Self.fault).first {
                reader.error(at: token, fault)
            } else {
                reader.warn(at: token, "\"args\" is a list of strings: write \(Self.list(words))")
            }
            return words
        } catch {
            reader.error(at: token, error.message)
            return nil
        }
    }

    private static func fault(of argument: String) -> String? {
        guard !argument.utf8.contains(0) else { return "an argument can't have a NUL (\\u0000) in it: leave it out" }
        guard argument.utf8.count <= longest else {
            return "an argument has at most \(longest) bytes: write the rest to a file that the script reads"
        }
        return nil
    }

    private static func list(_ words: [String]) -> String {
        let shown = words.prefix(8).map { Quoted.text($0) } + (words.count > 8 ? ["…"] : [])
        return "[" + shown.joined(separator: ", ") + "]"
    }

    var schema: JSONNode {
        [
            "type": "array",
            "items": ["type": "string", "maxLength": .integer(Self.longest), "pattern": "^[^\\u0000]*$"],
            "maxItems": .integer(Self.most),
        ]
    }
}

/// Splits a text into words like a POSIX shell, without expansions: `$`, `*`, `~` and `;` are ordinary characters.
///
/// <https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02>
enum ShellWords {
    struct Fault: Error {
        let message: String
    }

    static func split(_ line: String) throws(Fault) -> [String] {
        var words: [String] = []
        var word: [Unicode.Scalar]?
        var scalars = line.unicodeScalars.makeIterator()
        while let scalar = scalars.next() {
            switch scalar {
            case " ", "\t", "\n", "\r":
                if let finished = word {
                    words.append(text(finished))
                    word = nil
                }
            case "'":
                word = (word ?? []) + (try quoted(&scalars))
            case "\"":
                word = (word ?? []) + (try doubleQuoted(&scalars))
            case "\\":
                guard let next = scalars.next() else {
                    throw Fault(message: "the text ends in a backslash: write two for one")
                }
                guard next != "\n" else { continue }
                word = word ?? []
                word?.append(next)
            default:
                word = word ?? []
                word?.append(scalar)
            }
        }
        if let word {
            words.append(text(word))
        }
        return words
    }

    private static func text(_ scalars: [Unicode.Scalar]) -> String {
        String(String.UnicodeScalarView(scalars))
    }

    private static func quoted(_ scalars: inout String.UnicodeScalarView.Iterator) throws(Fault) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        while let scalar = scalars.next() {
            guard scalar != "'" else { return result }
            result.append(scalar)
        }
        throw Fault(message: "the quote ' is not closed: close it")
    }

    private static func doubleQuoted(_ scalars: inout String.UnicodeScalarView.Iterator) throws(Fault) -> [Unicode
        .Scalar]
    {
        var result: [Unicode.Scalar] = []
        while let scalar = scalars.next() {
            switch scalar {
            case "\"":
                return result
            case "\\":
                guard let next = scalars.next() else { break }
                switch next {
                case "$", "`", "\"", "\\": result.append(next)
                case "\n": break
                default: result += ["\\", next]
                }
            default:
                result.append(scalar)
            }
        }
        throw Fault(message: "the quote \\\" is not closed: close it")
    }
}
