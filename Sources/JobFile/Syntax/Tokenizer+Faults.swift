import Jobs

/// The messages about syntax errors. None of this runs for a valid file.
extension Tokenizer {
    func fault(_ message: String) -> SyntaxError { SyntaxError(offset: position, message: message) }

    /// Refuses files with a byte-order mark or in UTF-16, which Windows programs write.
    func refuseOtherEncodings() throws(SyntaxError) {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            throw fault("the file begins with a byte-order mark: save it as UTF-8 without one")
        }
        if bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE]) || bytes.prefix(2).contains(0) {
            throw fault("the file is not UTF-8, it looks like UTF-16: save it as UTF-8")
        }
    }

    func notUTF8() -> SyntaxError { fault("this byte is not UTF-8: save the file as UTF-8") }

    func noValue() -> SyntaxError {
        switch current {
        case nil: fault("the file ends where a value should be: write the value, and close what is open")
        case UInt8(ascii: ","): fault("a comma where a value should be: write the value, or leave the comma out")
        case UInt8(ascii: "}"), UInt8(ascii: "]"): fault("a value is missing here: write one")
        case UInt8(ascii: "."): fault("a number begins with a digit: write 0.5, say")
        case UInt8(ascii: "+"): fault("a number has no plus sign: leave it out")
        default: unexpected(word: Self.adviceForWord)
        }
    }

    func noKey() -> SyntaxError {
        switch current {
        case nil: fault("the file ends inside an object: close it with }")
        case UInt8(ascii: ","): fault("a comma too many: leave it out")
        default: unexpected { "a key is a string: write \"\($0)\"" }
        }
    }

    func noColon() -> SyntaxError {
        guard current != nil else { return fault("the file ends after a key: write a colon and the value") }
        return unexpected(otherwise: "a colon is missing between the key and its value: write \"key\": value")
    }

    func noComma(before bracket: UInt8) -> SyntaxError {
        let closing = Character(Unicode.Scalar(bracket))
        switch current {
        case nil:
            return fault("the file ends inside \(closing == "}" ? "an object" : "a list"): close it with \(closing)")
        case UInt8(ascii: "]"), UInt8(ascii: "}"):
            return fault("this closes nothing that is open: write \(closing) before it, or leave it out")
        default:
            return unexpected(otherwise: "a comma is missing before this: write one after the value that ends here")
        }
    }

    func trailingContent() -> SyntaxError {
        unexpected(otherwise: "the job ends before this: a file has one JSON object and nothing after it")
    }

    func continuesWord(at offset: Int) -> Bool {
        offset < bytes.count && bytes[offset].isWordCharacter
    }

    private static func adviceForWord(_ word: String) -> String {
        switch word.lowercased() {
        case "nan", "infinity": "\(word) is no JSON number: write a number, or leave the key out"
        case "true", "yes", "on": "JSON has no \(word): write true, or \"\(word)\" if it is a text"
        case "false", "no", "off": "JSON has no \(word): write false, or \"\(word)\" if it is a text"
        case "null", "none", "nil", "undefined": "JSON has no \(word): leave the key out"
        default: "a text stands in double quotes: write \"…\""
        }
    }

    /// The error about an unexpected byte: one for bytes that are always wrong, else the advice, else the message about
    /// the word.
    private func unexpected(otherwise advice: String? = nil, word: ((String) -> String)? = nil) -> SyntaxError {
        guard let byte = current else { return fault(advice ?? "the file ends too early") }
        switch byte {
        case UInt8(ascii: "/"), UInt8(ascii: "#"):
            return fault("JSON has no comments: leave it out; a job's \"description\" is for people")
        case UInt8(ascii: "'"), UInt8(ascii: "`"):
            return fault("strings stand in double quotes: write \" for this one")
        case 0x80...:
            let length = UTF8Sequence.length(bytes, at: position)
            guard length > 0 else { return notUTF8() }
            let character = String(decoding: bytes[position..<position + length], as: UTF8.self)
            return fault(advice ?? "\(Quoted.text(character)) can't stand here: strings stand in double quotes, \"…\"")
        default:
            break
        }
        if let advice {
            return fault(advice)
        }
        let name = String(decoding: bytes[position...].prefix(40).prefix(while: \.isWordCharacter), as: UTF8.self)
        guard let word, !name.isEmpty else {
            return fault(
                "\(Quoted.character(byte)) can't stand here: write a string, a number, true, false, a list or an object"
            )
        }
        return fault(word(name))
    }
}
