import Jobs

/// The dotted name of a Python module.
struct ModuleShape: Shape {
    /// In bytes. A name is a path of the file system, with points for slashes.
    private static let longest = 1024

    func read(_ token: Int, _ reader: inout Reader) -> String? {
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
            return part.allSatisfy { byte in
                byte.isDecimalDigit || byte == UInt8(ascii: "_")
                    || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
            }
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
