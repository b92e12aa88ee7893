import Jobs

/// Environment variables: a map of strings; with a warning also the string `A=b,C=d`. No message shows a value.
struct VariablesShape: Shape {
    /// The maximum number of variables.
    static let most = 4096
    /// In bytes.
    static let longestName = 1024
    /// In bytes. Together with the name it is below Linux's `MAX_ARG_STRLEN`.
    static let longestValue = 130_000

    func readValue(_ token: Int, _ reader: inout Reader) -> [String: String]? {
        if reader.tape.isString(token) {
            return split(token, &reader)
        }
        guard reader.tape.kind(token) == .object else {
            reader.refuse(token, wanted: "a map of strings, {\"OMP_NUM_THREADS\": \"1\"}, say")
            return nil
        }
        var variables: [String: String] = [:]
        var count = 0
        var key = token + 1
        let end = reader.tape.after(token)
        while key < end {
            let name = reader.tape.text(key)
            if count == Self.most {
                reader.error(
                    at: key,
                    "there are more than \(Self.most) variables: write them to a file that the script reads"
                )
                return nil
            }
            count += 1
            let value = value(key + 1, of: name, &reader) ?? ""
            // Don't hash a faulty name: the time grows with the square of a long name's combining marks.
            if let fault = Self.fault(ofName: name, reader.rules) {
                reader.error(at: key, fault)
            } else if variables.updateValue(value, forKey: name) != nil {
                reader.error(at: key, "the key \(Quoted.text(name)) is written twice in this object: leave one out")
            }
            key = reader.tape.after(key + 1)
        }
        return variables
    }

    private func value(_ token: Int, of name: String, _ reader: inout Reader) -> String? {
        guard reader.tape.isString(token) else {
            let isScalar = [.number, .yes, .no].contains(reader.tape.kind(token))
            reader.refuse(token, wanted: isScalar ? "it in quotes: a variable's value is a string" : "a string, \"…\"")
            return nil
        }
        let value = reader.tape.text(token)
        if let fault = Self.fault(ofValue: value, of: name, reader.rules) {
            reader.error(at: token, fault)
        }
        return value
    }

    /// Reads `A=b,C=d`. After a comma in a value, the rest looks like a name, so no message repeats any part.
    private func split(_ token: Int, _ reader: inout Reader) -> [String: String]? {
        var variables: [String: String] = [:]
        var isFaulty = false
        let text = reader.tape.text(token)
        for part in text.unicodeScalars.split(separator: ",", omittingEmptySubsequences: text.isEmpty) {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2 else {
                reader.error(at: token, "a part of this has no \"=\": write a map, {\"A\": \"b\", \"C\": \"d\"}")
                return nil
            }
            let name = String(String.UnicodeScalarView(sides[0].drop { $0 == " " }))
            let value = String(String.UnicodeScalarView(sides[1]))
            if let fault = Self.fault(ofName: name, reader.rules, isShown: false)
                ?? Self.fault(ofValue: value, of: name, reader.rules)
            {
                reader.error(at: token, fault)
                isFaulty = true
            } else if variables.updateValue(value, forKey: name) != nil {
                isFaulty = true
                reader.error(at: token, "a variable is set twice in this: write a map, {\"A\": \"b\", \"C\": \"d\"}")
            }
        }
        guard variables.count <= Self.most else {
            reader.error(
                at: token,
                "there are more than \(Self.most) variables: write them to a file that the script reads"
            )
            return nil
        }
        guard !isFaulty else { return nil }
        reader.warn(at: token, "\"environment\" is a map of strings: write {\"A\": \"b\", \"C\": \"d\"}")
        return variables
    }

    /// - Parameter isShown: whether the message may contain the name.
    private static func fault(ofName name: String, _ rules: JobFile.Rules, isShown: Bool = true) -> String? {
        guard !name.isEmpty else { return "a variable needs a name: write one, \"OMP_NUM_THREADS\", say" }
        guard !name.utf8.contains(where: { $0 == UInt8(ascii: "=") || $0 == 0 }) else {
            return "a variable's name has no \"=\" and no NUL in it: write the name alone"
        }
        guard rules == .whenAccepted || !name.unicodeScalars.contains(where: isControl) else {
            return "a variable's name has no control characters in it: write letters, digits and \"_\""
        }
        guard name.utf8.count <= longestName else {
            return "a variable's name has at most \(longestName) bytes: write a shorter one"
        }
        guard name != "TF_CONFIG", !name.hasPrefix("TFJOB_") else {
            return
                "\(isShown ? Quoted.text(name) : "a variable in this") is set by the service: leave it out; "
                + "TF_CONFIG and names that begin with TFJOB_ are reserved"
        }
        return nil
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.generalCategory == .control }

    private static func fault(ofValue value: String, of name: String, _ rules: JobFile.Rules) -> String? {
        guard !value.utf8.contains(0) else {
            return "a variable's value can't have a NUL (\\u0000) in it: leave it out"
        }
        guard value.utf8.count <= longestValue else {
            return
                "a variable's value has at most \(longestValue) bytes: write the rest to a file that the script reads"
        }
        guard rules == .whenAccepted || !value.utf8.elementsEqual(Job.mask.utf8) || !Job.namesSecret(name) else {
            return "\"\(Job.mask)\" is what the service shows in place of a secret: write the real value"
        }
        return nil
    }

    var schema: JSONNode {
        [
            "type": "object",
            "maxProperties": .integer(Self.most),
            "propertyNames": [
                "maxLength": .integer(Self.longestName),
                "pattern": "^[^=\\u0000-\\u001f\\u007f-\\u009f]+$",
                "not": ["pattern": "^(TF_CONFIG$|TFJOB_)"],
            ],
            "additionalProperties": [
                "type": "string", "maxLength": .integer(Self.longestValue), "pattern": "^[^\\u0000]*$",
            ],
        ]
    }
}
