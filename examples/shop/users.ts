import { type AnyElysia, t } from "elysia";
import { Collection } from "./collection.ts";
import { missing, Refusal } from "./problem.ts";
import { portFrom, startService } from "./serve.ts";
import { ById, createService, Paging } from "./service.ts";
import { jsonLines } from "./stream.ts";

const values = {
  name: t.String({ minLength: 1, maxLength: 100 }),
  email: t.String({ format: "email", maxLength: 200 }),
};
const NewUser = t.Object(values);
const User = t.Object({ id: t.Integer(), ...values });
const UserPage = t.Object({ items: t.Array(User), page: t.Integer(), size: t.Integer(), total: t.Integer() });

type User = typeof User.static;

/** The users service: the shop's customers. */
export function createUsers(): AnyElysia {
  const users = new Collection<User>(CUSTOMERS, (id, customer) => ({ id, ...customer }));

  const claimEmail = (email: string, owner?: number): void => {
    const holder = users.find((user) => user.email === email);
    if (holder !== undefined && holder.id !== owner) throw new Refusal(409, `${email} belongs to another user.`);
  };

  return createService({ name: "users", title: "Users", description: "The shop's customers." })
    .model({ User, NewUser, UserPage })
    .get("/users", ({ query }) => users.list(query.page, query.size, nameHas(query.name)), {
      query: t.Object({ ...Paging, name: t.Optional(t.String()) }),
      response: "UserPage",
      detail: { summary: "Lists users", operationId: "listUsers" },
    })
    .get("/users/export", () => jsonLines(EXPORTED, exportedUser), {
      detail: { summary: "Streams a long list of users, one JSON value a line", operationId: "exportUsers" },
    })
    .get("/users/:id", ({ params }) => users.get(params.id) ?? missing("user", params.id), {
      params: ById,
      response: { 200: "User", 404: "Problem" },
      detail: { summary: "Shows one user", operationId: "getUser" },
    })
    .post(
      "/users",
      ({ body, set }) => {
        claimEmail(body.email);
        const user = users.add((id) => ({ id, ...body }));
        set.status = 201;
        // Relative, so that it holds behind a gateway that serves the service under a prefix (RFC 9110 §10.2.2).
        set.headers.location = `users/${user.id}`;
        return user;
      },
      {
        body: "NewUser",
        response: { 201: "User", 409: "Problem", 422: "Problem" },
        detail: { summary: "Adds a user", operationId: "createUser" },
      },
    )
    .patch(
      "/users/:id",
      ({ params, body }) => {
        const user = users.get(params.id) ?? missing("user", params.id);
        if (body.email !== undefined) claimEmail(body.email, user.id);
        return users.replace({ ...user, ...body });
      },
      {
        params: ById,
        body: t.Partial(NewUser),
        response: { 200: "User", 404: "Problem", 409: "Problem", 422: "Problem" },
        detail: { summary: "Changes a user", operationId: "updateUser" },
      },
    )
    .delete(
      "/users/:id",
      ({ params, set }) => {
        if (!users.remove(params.id)) missing("user", params.id);
        set.status = 204;
      },
      { params: ById, detail: { summary: "Removes a user", operationId: "deleteUser" } },
    );
}

const CUSTOMERS: readonly Omit<User, "id">[] = [
  { name: "Ada Lovelace", email: "ada@example.com" },
  { name: "Alan Turing", email: "alan@example.com" },
  { name: "Grace Hopper", email: "grace@example.com" },
];

const EXPORTED = 10_000;

function exportedUser(index: number): User {
  return { id: index + 1, name: `Customer ${index + 1}`, email: `customer-${index + 1}@example.com` };
}

function nameHas(part: string | undefined): (user: User) => boolean {
  const wanted = part?.toLowerCase() ?? "";
  return (user) => user.name.toLowerCase().includes(wanted);
}

if (import.meta.main) {
  const service = startService(createUsers(), portFrom("USERS_PORT", 4001));
  console.log(`users: ${service.url}`);
}
