import Jobs

extension Tape {
    /// The most bytes of a pointer, as it stands in the file: each issue below a long key would repeat the key.
    private static let longestPointer = 1024

    /// The JSON Pointer (RFC 6901) of a value, or of the member that a key names. Where that is too long, it is the pointer of
    /// the nearest value around it whose pointer is not.
    ///
    /// Walks down from the root, so it is for issues only.
    func pointer(_ token: Int) -> String {
        var result = ""
        var container = Self.root
        while container < token, let (step, next) = step(towards: token, in: container) {
            guard result.utf8.count + step.utf8.count < Self.longestPointer else { break }
            result += "/" + step
            container = next
        }
        return result
    }

    private func step(towards token: Int, in container: Int) -> (step: String, next: Int)? {
        let end = after(container)
        var child = container + 1
        var index = 0
        switch kind(container) {
        case .object:
            while child < end {
                if token < after(child + 1) {
                    return (Self.reference(text(child)), child + 1)
                }
                child = after(child + 1)
            }
        case .array:
            while child < end {
                if token < after(child) {
                    return (String(index), child)
                }
                child = after(child)
                index += 1
            }
        case .string, .escapedString, .number, .yes, .no, .null:
            break
        }
        return nil
    }

    /// A key as it stands in a pointer: `~` is `~0`, `/` is `~1`.
    static func reference(_ key: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in key.unicodeScalars {
            switch scalar {
            case "~": result.append(contentsOf: "~0".unicodeScalars)
            case "/": result.append(contentsOf: "~1".unicodeScalars)
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}
