public import Jobs

extension JobFile {
    /// Where a value of a job file is.
    public struct Place: Sendable, Hashable {
        /// As a JSON Pointer (RFC 6901).
        public let pointer: String
        /// From 1.
        public let line: Int
        /// From 1, in Unicode scalars.
        public let column: Int
    }

    /// Finds the value of a key of the job, in either form of the file and any spelling of the key.
    ///
    /// - Parameters:
    ///   - name: the key's canonical name.
    ///   - bytes: the file's content.
    /// - Returns: nil where the file has no such key.
    public static func place(of name: String, in bytes: [UInt8]) -> Place? {
        guard let field = JobDraft.table.fields.first(where: { $0.name.text == name }),
            let tape = try? Tokenizer.tape(of: bytes), tape.kind(Tape.root) == .object
        else { return nil }
        let job = value(of: ["spec"], in: Tape.root, tape).flatMap { tape.kind($0) == .object ? $0 : nil } ?? Tape.root
        let spellings = [name] + field.misspellings.map(\.text)
        guard let token = value(of: spellings, in: job, tape) else { return nil }
        var positions = TextPositions(bytes)
        let (line, column) = positions.position(at: tape.offset(token))
        return Place(pointer: tape.pointer(token), line: line, column: column)
    }

    private static func value(of names: [String], in object: Int, _ tape: Tape) -> Int? {
        var found: Int?
        tape.forEachKey(of: object) { key in
            if found == nil, names.contains(where: { tape.value(key).elementsEqual($0.utf8) }) {
                found = key + 1
            }
        }
        return found
    }
}

extension JobReading {
    /// The same reading with more issues; an error among them leaves no job.
    public func adding(_ more: [Issue]) -> JobReading {
        guard !more.isEmpty else { return self }
        return JobReading(
            job: more.contains { $0.severity == .error } ? nil : job,
            issues: (issues + more).sorted { ($0.line, $0.column) < ($1.line, $1.column) },
            dependencies: dependencies,
            code: code
        )
    }
}
