import Jobs

/// `Python_3.11+Tensorflow_2.21.0`, and with a warning `Python 3.11 + Tensorflow 2.21.0`.
struct RuntimeShape: Shape {
    func read(_ token: Int, _ reader: inout Reader) -> Runtime? {
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
