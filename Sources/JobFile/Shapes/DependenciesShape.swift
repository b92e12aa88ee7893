import Jobs

/// The ids of other jobs of the same partition.
struct DependenciesShape: Shape {
    /// How many there may be.
    static let most = 10_000

    func read(_ token: Int, _ reader: inout Reader) -> [String]? {
        guard reader.tape.kind(token) == .array else {
            reader.refuse(token, wanted: "a list of job ids, [\"prepare\"], say")
            return nil
        }
        var ids: [String] = []
        var known: Set<String> = []
        var (element, index) = (token + 1, 0)
        let end = reader.tape.after(token)
        while element < end {
            guard index < Self.most else {
                reader.error(
                    at: element,
                    "there are more than \(Self.most) ids: let a job between wait for some of them, and this one for it"
                )
                return nil
            }
            if let id = id(element, &reader) {
                ids.append(id)
                if known.insert(id).inserted {
                    reader.dependencies.append(DependencyToken(token: element, list: token, index: index))
                } else {
                    reader.error(at: element, "\"\(id)\" stands twice in this list: leave one out")
                }
            }
            element = reader.tape.after(element)
            index += 1
        }
        return ids
    }

    private func id(_ token: Int, _ reader: inout Reader) -> String? {
        guard reader.tape.isString(token) else {
            reader.refuse(token, wanted: "a job's id as a string, \"prepare\", say")
            reader.refuseRepeats(below: token)
            return nil
        }
        let id = reader.tape.text(token)
        if let fault = JobPath.labelFault(id, limit: JobPath.longestID) {
            reader.error(
                at: token,
                "\(Quoted.text(id)) is no job id, it \(fault): write the name of a file of this folder, without .json"
            )
            return nil
        }
        guard id != reader.key.id else {
            reader.error(at: token, "a job can't wait for itself: leave \"\(id)\" out")
            return nil
        }
        return id
    }

    var schema: JSONNode {
        [
            "type": "array",
            "items": LabelPattern.schema(longest: JobPath.longestID),
            "maxItems": .integer(Self.most),
            "uniqueItems": true,
        ]
    }
}
