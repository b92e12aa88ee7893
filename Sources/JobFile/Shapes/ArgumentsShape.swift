import Jobs

/// A list of strings, and with a warning one string that is split as a shell splits words.
struct ArgumentsShape: Shape {
    /// How many there may be.
    static let most = 4096
    /// In bytes, as Linux counts: `MAX_ARG_STRLEN` without the closing NUL.
    static let longest = 131_071

    func read(_ token: Int, _ reader: inout Reader) -> [String]? {
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
