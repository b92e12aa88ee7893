import Jobs

/// A string for people.
struct TextShape: Shape {
    /// In Unicode scalars.
    let longest: Int
    /// Whether it is a single line, without control characters.
    var isOneLine = false

    func readValue(_ token: Int, _ reader: inout Reader) -> String? {
        guard reader.tape.isString(token) else {
            reader.refuse(token, wanted: "a string, \"…\"")
            return nil
        }
        let text = reader.tape.text(token)
        guard text.utf8.count <= longest || text.unicodeScalars.count <= longest else {
            let count = text.unicodeScalars.count
            reader.error(at: token, "this has \(count) characters: write at most \(longest)")
            return nil
        }
        guard !isOneLine else { return checkedLine(text, token, &reader) }
        return text
    }

    private func checkedLine(_ text: String, _ token: Int, _ reader: inout Reader) -> String? {
        guard !text.isEmpty else {
            reader.error(at: token, "this is empty: write a text, or leave the key out")
            return nil
        }
        guard !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            reader.error(at: token, "this has a line break or another control character: write one line of plain text")
            return nil
        }
        return text
    }

    var schema: JSONNode {
        isOneLine
            ? [
                "type": "string", "minLength": 1, "maxLength": .integer(longest),
                "pattern": "^[^\\u0000-\\u001f\\u007f]*$",
            ]
            : ["type": "string", "maxLength": .integer(longest)]
    }
}

/// A path of the file system or of the repository.
struct PathShape: Shape {
    /// The target of the path, which decides whether the path may be relative.
    enum Target {
        /// Relative: to the repository's root.
        case codeFolder
        /// Relative: to the working directory.
        case script
        /// Absolute only. A relative folder would be in the run's copy of the code and would be deleted with it, with
        /// the checkpoints that a later run needs.
        case dataFolder
    }

    let target: Target

    /// In bytes: Linux's `PATH_MAX` without the closing NUL.
    static let longest = 4095

    func readValue(_ token: Int, _ reader: inout Reader) -> String? {
        guard reader.tape.isString(token) else {
            reader.refuse(token, wanted: "a path as a string, \(example)")
            return nil
        }
        let path = reader.tape.text(token)
        if let fault = fault(of: path) {
            reader.error(at: token, fault)
            return nil
        }
        return path
    }

    private func fault(of path: String) -> String? {
        guard !path.isEmpty else { return "the path is empty: write \(example), say" }
        guard path.utf8.count <= Self.longest else {
            return "the path has \(path.utf8.count) bytes: file systems allow \(Self.longest)"
        }
        guard !path.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            return "the path has a control character: write it without"
        }
        if target == .script, path.utf8.last == UInt8(ascii: "/") {
            return "this names a folder: write the path of the script in it, \(example), say"
        }
        guard path.utf8.first != UInt8(ascii: "/") else { return nil }
        if target == .dataFolder {
            return path.contains("://")
                ? "this is a URL, not a folder: hand it to the script in \"args\" or \"environment\""
                : "this path is relative, and would be gone with the run: write an absolute one, \(example), say"
        }
        return Self.leavesItsFolder(path) ? "\(Quoted.text(path)) leads out of \(home) with \"..\": \(advice)" : nil
    }

    /// Whether a relative path leads out of its folder.
    private static func leavesItsFolder(_ path: String) -> Bool {
        guard path.utf8.contains(UInt8(ascii: ".")) else { return false }
        var depth = 0
        for part in path.utf8.split(separator: UInt8(ascii: "/")) where !part.elementsEqual(".".utf8) {
            depth += part.elementsEqual("..".utf8) ? -1 : 1
            guard depth >= 0 else { return true }
        }
        return false
    }

    private var home: String { target == .script ? "the working directory" : "the repository" }

    private var advice: String {
        target == .script
            ? "write a path below it, and a \"workdir\" that has all the code"
            : "write a folder of this repository, or an absolute path"
    }

    private var example: String {
        switch target {
        case .codeFolder: "\"code/mnist\""
        case .script: "\"train.py\""
        case .dataFolder: "\"/data/mnist/logs\""
        }
    }

    var schema: JSONNode {
        let pattern =
            switch target {
            case .codeFolder: "^[^\\u0000-\\u001f\\u007f]*$"
            case .script: "^[^\\u0000-\\u001f\\u007f]*[^/\\u0000-\\u001f\\u007f]$"
            case .dataFolder: "^/[^\\u0000-\\u001f\\u007f]*$"
            }
        return ["type": "string", "minLength": 1, "maxLength": .integer(Self.longest), "pattern": .string(pattern)]
    }
}

/// The dotted name of a Python module.
struct ModuleShape: Shape {
    /// In bytes. The name becomes a path of the file system.
    private static let longest = 1024

    func readValue(_ token: Int, _ reader: inout Reader) -> String? {
        guard reader.tape.isString(token) else {
            reader.refuse(token, wanted: "a module's name as a string, \"trainer.task\"")
            return nil
        }
        let name = reader.tape.value(token)
        guard name.count <= Self.longest else {
            reader.error(at: token, "the name has \(name.count) bytes: write at most \(Self.longest)")
            return nil
        }
        guard Self.isDottedName(name) else {
            reader.error(at: token, "\(reader.shown(token)) is no module's name: \(Self.advice(for: name))")
            return nil
        }
        return reader.tape.text(token)
    }

    private static func isDottedName(_ name: ArraySlice<UInt8>) -> Bool {
        name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { part in
            guard let first = part.first, !first.isDecimalDigit else { return false }
            return part.allSatisfy(\.isWordCharacter)
        }
    }

    private static func advice(for name: ArraySlice<UInt8>) -> String {
        if name.contains(UInt8(ascii: "/")) {
            return "write the path of a script as \"bootfile\", or a dotted name, \"trainer.task\""
        }
        return
            "write letters, digits and underscores with points between, \"trainer.task\"; no part begins with a digit"
    }

    var schema: JSONNode {
        [
            "type": "string", "maxLength": .integer(Self.longest),
            "pattern": "^[A-Za-z_][A-Za-z0-9_]*(\\.[A-Za-z_][A-Za-z0-9_]*)*$",
        ]
    }
}

/// `Python_3.11+Tensorflow_2.21.0`; with a warning also `Python 3.11 + Tensorflow 2.21.0`.
struct RuntimeShape: Shape {
    func readValue(_ token: Int, _ reader: inout Reader) -> Runtime? {
        guard reader.tape.isString(token) else {
            reader.refuse(token, wanted: "a runtime as a string, \"Python_3.11+Tensorflow_2.21.0\"")
            return nil
        }
        var isCanonical = true
        guard let runtime = Runtime(reader.tape.value(token), &isCanonical) else {
            reader.error(
                at: token,
                "\(reader.shown(token)) is no runtime: write \"Python_3.11\" or "
                    + "\"Python_3.11+Tensorflow_2.21.0\", with your versions"
            )
            return nil
        }
        if !isCanonical {
            reader.warn(at: token, "\(reader.shown(token)) is read as \"\(runtime)\": write \"\(runtime)\"")
        }
        return runtime
    }

    var schema: JSONNode {
        let number = "(0|[1-9][0-9]{0,3})"
        return [
            "type": "string",
            "pattern": .string("^Python_\(number)\\.\(number)(\\+Tensorflow_\(number)\\.\(number)(\\.\(number))?)?$"),
        ]
    }
}

/// The partition in the file, which must equal the folder's name.
struct PartitionShape: Shape {
    func readValue(_ token: Int, _ reader: inout Reader) -> String? {
        guard reader.tape.isString(token) else {
            reader.refuse(token, wanted: "\"\(reader.key.partition)\", or leave the key out")
            return nil
        }
        guard reader.tape.value(token).elementsEqual(reader.key.partition.utf8) else {
            reader.error(
                at: token,
                "the file is in the folder of partition \"\(reader.key.partition)\": write that, or move the file"
            )
            return nil
        }
        return reader.key.partition
    }

    var schema: JSONNode { LabelPattern.schema(longest: JobPath.longestLabel) }
}

/// The schema of RFC 1123 labels.
enum LabelPattern {
    static func schema(longest: Int) -> JSONNode {
        ["type": "string", "maxLength": .integer(longest), "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"]
    }
}
