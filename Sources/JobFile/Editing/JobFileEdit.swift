public import Jobs

/// A change of one value in the text of a job file. All other bytes stay as they are.
public enum JobFileEdit: Sendable, Hashable {
    /// Increases `rerun` by one.
    case rerun
    /// Sets `runPolicy.suspend`.
    case suspend(Bool)

    /// The result of an edit.
    public enum Outcome: Sendable, Equatable {
        /// The new content of the file.
        case edited([UInt8])
        /// The file has the value already.
        case unchanged
        /// The issues of a file that can't be used; at least one is an error.
        case unusable([Issue])
    }

    /// Edits the content of a job file in either of its forms.
    ///
    /// A key that is missing is added at the end of its object, in the style of the last member.
    ///
    /// - Parameters:
    ///   - bytes: the content.
    ///   - key: the key of the file's path.
    public func apply(to bytes: [UInt8], at key: JobKey) -> Outcome {
        let reading = JobFile.read(bytes, at: key)
        guard let job = reading.job, let tape = try? Tokenizer.tape(of: bytes) else { return .unusable(reading.issues) }
        var text = JSONEditor(tape: tape)
        let object = JobFile.jobObject(of: tape)
        switch self {
        case .rerun:
            text.setMember("rerun", of: object, to: "\(job.effectiveRerun + 1)")
        case .suspend(let value):
            guard job.effectiveRunPolicy.isSuspended != value else { return .unchanged }
            if let policy = tape.member("runPolicy", of: object) {
                text.setMember("suspend", of: policy, to: "\(value)")
            } else {
                text.setMember("runPolicy", of: object, to: "{\"suspend\": \(value)}")
            }
        }
        let edited = text.bytes
        let after = JobFile.read(edited, at: key)
        return after.job == nil ? .unusable(after.issues) : .edited(edited)
    }
}

/// Replaces values in a JSON text, or adds members to its objects.
private struct JSONEditor {
    private let tape: Tape
    private(set) var bytes: [UInt8]

    init(tape: Tape) {
        self.tape = tape
        bytes = tape.bytes
    }

    /// Sets a member of an object. A number that is written as a string stays a string.
    ///
    /// Call it only once, because the tape has the places of the original text.
    mutating func setMember(_ name: String, of object: Int, to value: String) {
        if let known = tape.member(name, of: object) {
            bytes.replaceSubrange(tape.place(known), with: value.utf8)
        } else {
            addMember(name, to: object, value)
        }
    }

    private mutating func addMember(_ name: String, to object: Int, _ value: String) {
        var last: Int?
        tape.forEachKey(of: object) { last = $0 }
        guard let last else {
            let start = tape.offset(object) + 1
            return bytes.insert(contentsOf: "\"\(name)\": \(value)".utf8, at: start)
        }
        var colon = String(decoding: tape.bytes[tape.end(of: last)..<tape.offset(last + 1)], as: UTF8.self)
        if colon.contains(where: \.isNewline) {
            colon = ": "
        }
        let blanks = blanks(before: last) ?? (last > object + 1 ? "" : colon == ":" ? "" : " ")
        let member = ",\(blanks)\"\(name)\"\(colon)\(value)"
        bytes.insert(contentsOf: member.utf8, at: tape.end(of: last + 1))
    }

    /// The line break and the indentation before a key, or the blanks before it within a line; nil if there are none.
    private func blanks(before key: Int) -> String? {
        let isBlank: (UInt8) -> Bool = { [0x09, 0x0A, 0x0D, 0x20].contains($0) }
        let blanks = Array(tape.bytes[..<tape.offset(key)].reversed().prefix(while: isBlank).reversed())
        guard !blanks.isEmpty else { return nil }
        guard let newline = blanks.lastIndex(of: UInt8(ascii: "\n")) else {
            return String(decoding: blanks, as: UTF8.self)
        }
        let isWindows = newline > 0 && blanks[newline - 1] == UInt8(ascii: "\r")
        return String(decoding: blanks[(isWindows ? newline - 1 : newline)...], as: UTF8.self)
    }
}

extension Tape {
    /// The value of an object's member; nil if it has none with this name.
    func member(_ name: String, of object: Int) -> Int? {
        var found: Int?
        forEachKey(of: object) { key in
            if found == nil, value(key).elementsEqual(name.utf8) {
                found = key + 1
            }
        }
        return found
    }

    /// The offset after the last byte of a token and of its content.
    func end(of token: Int) -> Int {
        guard kind(token) == .object || kind(token) == .array else { return Int(tokens[token].end) }
        var last: Int?
        var child = token + 1
        while child < after(token) {
            last = child
            child = after(child)
        }
        // Between the last child and the closing bracket are only blanks.
        let start = last.map(end) ?? offset(token) + 1
        let closing: [UInt8] = [UInt8(ascii: "}"), UInt8(ascii: "]")]
        return (bytes[start...].firstIndex(where: closing.contains) ?? bytes.count - 1) + 1
    }
}
