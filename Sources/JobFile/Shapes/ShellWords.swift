import Jobs

/// Splits a text into words as a POSIX shell does, and expands nothing: `$`, `*`, `~` and `;` are letters like others.
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
