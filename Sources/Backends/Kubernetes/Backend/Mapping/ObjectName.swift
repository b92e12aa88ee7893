import Jobs

/// Names of objects. They follow from the job's id alone, so that the same call makes the same object.
enum ObjectName {
    /// The name of a job's object: the id, or `j-` and the id where that begins with a digit, since services and TFJobs need a
    /// DNS-1035 label.
    ///
    /// An id that looks like such a name gets the prefix too, so no two ids have the same name. The longest has 49 characters, which leaves
    /// the 14 of `-evaluator-999` in the 63 of a label.
    ///
    /// Source: <https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#rfc-1035-label-names>.
    static func of(_ id: String) -> String {
        var rest = Substring(id)
        while rest.hasPrefix("j-") {
            rest = rest.dropFirst(2)
        }
        return rest.first?.isNumber == true ? "j-\(id)" : id
    }

    /// The Indexed Job of a replica group.
    static func job(_ id: String, _ type: ReplicaType) -> String { "\(of(id))-\(type.rawValue)" }
}
