import Jobs

/// A path of the file system or of the repository.
struct PathShape: Shape {
    /// What the path leads to, and with it whether it may be relative.
    enum Target {
        /// Relative: to the repository's root.
        case codeFolder
        /// Relative: to the working directory.
        case script
        /// Absolute only. A relative folder would lie in the run's own copy of the code and go with it, and with it the
        /// checkpoints that a later run wants.
        case dataFolder
    }

    let target: Target

    /// In bytes, as Linux counts: `PATH_MAX` without the closing NUL.
    static let longest = 4095

    func read(_ token: Int, _ reader: inout Reader) -> String? {
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

    /// Whether a relative path leads above where it starts.
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
