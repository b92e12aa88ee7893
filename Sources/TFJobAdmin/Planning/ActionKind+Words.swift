import Jobs

extension ActionKind {
    /// What it does to what runs, in words of a reviewer.
    var effect: String {
        switch self {
        case .create: "starts"
        case .update: "changes in place, nothing restarts"
        case .suspend: "stops, and is kept"
        case .resume: "starts again"
        case .replace: "restarts: the run is stopped and a new one starts"
        case .hold: "is held: nothing is touched, what runs goes on"
        case .delete: "stops, and is removed"
        }
    }

    /// One character, as other planning tools have it.
    var sign: String {
        switch self {
        case .create: "+"
        case .update, .suspend, .resume: "~"
        case .replace: "±"
        case .hold: "!"
        case .delete: "-"
        }
    }
}

extension PlanSource.Result {
    /// What an action does, and what it needs or ends.
    func effect(of action: TreePlan.Action) -> String {
        var text = action.kind.effect
        if action.kind == .create || action.kind == .resume, let job = action.after {
            var needs = ResourceSum()
            needs.add(job)
            text += ": CPU \(needs.cpuText), memory \(needs.memoryText), GPU \(needs.gpus)"
            if let ids = job.dependsOn, !ids.isEmpty {
                text += ", after \(ids.joined(separator: ", "))"
            }
        }
        if let since = running?[action.key] {
            text += "; it runs since \(since)"
        } else if running != nil, action.kind == .replace || action.kind == .delete || action.kind == .suspend {
            text += "; it does not run now"
        }
        return text
    }
}

extension TreePlan {
    /// `2 to start, 1 to restart`, or that there is nothing to do.
    var summary: String {
        let words: [(ActionKind, String)] = [
            (.create, "to start"), (.replace, "to restart"), (.delete, "to stop"), (.suspend, "to suspend"),
            (.resume, "to resume"), (.update, "to change in place"), (.hold, "held"),
        ]
        let parts = words.compactMap { kind, word in
            let count = actions.count { $0.kind == kind }
            return count == 0 ? nil : "\(count) \(word)"
        }
        return parts.isEmpty ? "nothing to do" : parts.joined(separator: ", ")
    }
}

extension JSONValue {
    /// As it would stand in a file, on one line; what is not there is a dash.
    var shown: String {
        switch self {
        case .null: "–"
        case .boolean(let value): String(value)
        case .integer(let value): String(value)
        case .string(let value): PlainText.quoted(value)
        case .array(let values): "[" + values.map(\.shown).joined(separator: ", ") + "]"
        case .object(let members):
            "{"
                + members.sorted { $0.key < $1.key }.map { "\(PlainText.quoted($0.key)): \($0.value.shown)" }
                .joined(separator: ", ") + "}"
        }
    }
}
